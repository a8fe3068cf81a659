from django.core.management import get_commands
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CASCADE, BigAutoField, ForeignKey

from marketplace.core.migrating import neighbours_stay


def test_migrating_is_ours():
    assert get_commands()["migrate"] == "marketplace.core"


def test_only_the_changed_model_is_made_anew_and_only_inside():
    state = ProjectState()
    state.add_model(ModelState("shop", "Book", [("id", BigAutoField(primary_key=True))]))
    to_book = ForeignKey("shop.Book", on_delete=CASCADE)
    state.add_model(ModelState("shop", "Page", [("id", BigAutoField(primary_key=True)), ("book", to_book)]))
    before = state.apps.get_model("shop", "page")
    with neighbours_stay():
        state.reload_model("shop", "book", delay=True)
        assert state.apps.get_model("shop", "page") is before
    state.reload_model("shop", "book", delay=True)
    assert state.apps.get_model("shop", "page") is not before
