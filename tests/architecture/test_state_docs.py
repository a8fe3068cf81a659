"""docs/states says what the state tables say."""

from marketplace.core import state_docs


def test_the_committed_pages_are_what_the_command_writes():
    """After a change of a state table: `make manage ARGS=write_state_docs`, and read the difference."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in state_docs.folder().glob("*.md")}

    assert committed == state_docs.documents()


def test_every_state_table_is_kept_by_the_database():
    assert [found.name for found in state_docs.state_tables() if not found.models] == []


def test_every_table_of_a_trigger_is_found():
    names = {found.name for found in state_docs.state_tables()}

    assert {"LISTING_STATES", "RUN_STATES", "REQUEST_STATES", "MEMBERSHIP_STATES"} <= names
