"""Removes what make built. Standard library only."""

import os
import shutil

from ops.console import say
from ops.paths import LOCAL, ROOT, VENV

CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis", ".schemathesis")


def remove_built() -> None:
    """Remove packages, caches and compiled files; with DATA=1 in the environment also the data in `.local`."""
    for folder in (
        VENV,
        ROOT / "node_modules",
        ROOT / "static" / "vendor",
        LOCAL / "static",
        *(ROOT / c for c in CACHES),
    ):
        shutil.rmtree(folder, ignore_errors=True)
    for compiled in (ROOT / "locale").rglob("*.mo"):
        compiled.unlink()
    for folder in ROOT.rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)
    if os.environ.get("DATA") == "1":
        elsewhere = LOCAL / "elsewhere"
        if elsewhere.is_symlink():
            shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
        shutil.rmtree(LOCAL, ignore_errors=True)
        say("Removed what was built and the data of this copy.")
    else:
        say("Removed what was built. The data in .local are still there; `make clean DATA=1` removes them too.")
