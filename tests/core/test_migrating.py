from django.core.management import get_commands
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CASCADE, SET_NULL, BigAutoField, CharField, ForeignKey

from marketplace.core.migrating import neighbours_stay


def shop():
    """A book with pages; their classes are made."""
    state = ProjectState()
    state.add_model(ModelState("shop", "Book", [("id", BigAutoField(primary_key=True))]))
    state.add_model(model("Page"))
    return state, state.apps.get_model("shop", "page")


def model(name):
    to_book = ForeignKey("shop.Book", on_delete=CASCADE)
    return ModelState("shop", name, [("id", BigAutoField(primary_key=True)), ("book", to_book)])


def test_migrating_is_ours():
    assert get_commands()["migrate"] == "marketplace.core"


def test_only_the_changed_model_is_made_anew_and_only_inside():
    state, page = shop()
    with neighbours_stay():
        state.reload_model("shop", "book", delay=True)
        assert state.apps.get_model("shop", "page") is page
    state.reload_model("shop", "book", delay=True)
    assert state.apps.get_model("shop", "page") is not page


def test_new_models_and_relations_leave_the_others_alone():
    state, page = shop()
    book = state.apps.get_model("shop", "book")
    with neighbours_stay():
        state.add_model(model("Cover"))
        state.add_field("shop", "cover", "back", ForeignKey("shop.Page", null=True, on_delete=SET_NULL), True)
        assert state.apps.get_model("shop", "cover")._meta.get_field("back").remote_field.model is page
        state.remove_field("shop", "cover", "book")
        assert state.apps.get_model("shop", "page") is page
        assert state.apps.get_model("shop", "book") is book


def test_a_key_that_changes_its_type_reaches_whoever_refers_to_it():
    state, page = shop()
    with neighbours_stay():
        state.alter_field("shop", "book", "id", CharField(max_length=9, primary_key=True), True)
        assert state.apps.get_model("shop", "page") is not page


def test_code_of_a_migration_meets_fresh_classes():
    state, _page = shop()
    with neighbours_stay():
        state.add_model(model("Cover"))
        state.clear_delayed_apps_cache()
        book, cover = (state.apps.get_model("shop", name) for name in ("book", "cover"))
        assert cover._meta.get_field("book").remote_field.model is book
