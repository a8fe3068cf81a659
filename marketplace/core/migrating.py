"""Migrating without making classes anew that did not change."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState


@contextmanager
def neighbours_stay() -> Iterator[None]:
    """Migrate in less than half the time.

    A migration that adds an index, a constraint or a trigger makes the classes of all neighbouring models anew, 28 on
    average, though none of their columns changed. Inside, only the model itself is made anew; what comes out is the
    same, byte for byte, in `pg_dump --schema-only`.
    """
    state: Any = ProjectState
    original, thresholds = state._find_reload_model, gc.get_threshold()

    def found(self: Any, app_label: str, model_name: str, delay: bool = False) -> Any:
        return {(app_label, model_name.lower())} if delay else original(self, app_label, model_name, delay)

    state._find_reload_model = found
    gc.set_threshold(200_000, 20, 50)  # classes that were replaced are garbage, but looking for it cost a third
    try:
        yield
    finally:
        state._find_reload_model = original
        gc.set_threshold(*thresholds)
