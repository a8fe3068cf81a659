"""Rounds over what is due."""

from structlog.testing import capture_logs

from marketplace.core.rounds import each_alone


def test_what_fails_keeps_nothing_else_waiting():
    seen = []

    def step(key):
        seen.append(key)
        if key == 2:
            raise RuntimeError("a row that nobody can read")
        return key

    with capture_logs() as logs:
        assert each_alone("test", [1, 2, 3], step) == 4
    assert seen == [1, 2, 3]
    assert [(each["event"], each["what"], each["key"]) for each in logs] == [("left_to_next_round", "test", 2)]
