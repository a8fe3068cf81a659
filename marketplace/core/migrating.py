"""Migrating without making classes anew that did not change."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState

NEW_TO_OTHERS = ("add_model", "add_field", "remove_field")
"""What leaves the columns of all other models as they are, even where it adds or takes a relation to them."""


@contextmanager
def neighbours_stay() -> Iterator[None]:
    """Migrate in a fraction of the time.

    A migration that adds a model, a field, an index or a trigger makes the classes of all models anew that a chain of
    relations leads to, which are nearly all, though none of their columns changed. Inside, only the model itself is
    made anew; what comes out is the same, byte for byte, in `pg_dump --schema-only`. Code of a migration (`RunPython`)
    still meets classes that are all fresh, because the state says that some are late.
    """
    state: Any = ProjectState
    before = {name: getattr(state, name) for name in ("_find_reload_model", *NEW_TO_OTHERS)}
    thresholds = gc.get_threshold()
    alone = False

    def found(self: Any, app_label: str, model_name: str, delay: bool = False) -> Any:
        if not (delay or alone):
            return before["_find_reload_model"](self, app_label, model_name, delay)
        self.is_delayed = True
        return {(app_label, model_name.lower())}

    def by_itself(change: Callable[..., None]) -> Callable[..., None]:
        def changed(*args: Any, **kwargs: Any) -> None:
            nonlocal alone
            alone = True
            try:
                change(*args, **kwargs)
            finally:
                alone = False

        return changed

    state._find_reload_model = found
    for name in NEW_TO_OTHERS:
        setattr(state, name, by_itself(before[name]))
    gc.set_threshold(200_000, 20, 50)  # classes that were replaced are garbage, but looking for it cost a third
    try:
        yield
    finally:
        for name, original in before.items():
            setattr(state, name, original)
        gc.set_threshold(*thresholds)
