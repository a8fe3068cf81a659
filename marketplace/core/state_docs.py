"""The state tables as pages: one diagram and two tables each, made from the code so that they cannot say otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pgtrigger
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.module_loading import module_has_submodule

from marketplace.core.states import StateMachine

MADE = "<!-- Made by `python manage.py write_state_docs` from the state tables in `enums`. Do not edit. -->"
INTRODUCTION = """\
# States

Every state table of the code: `StateMachine` in the `enums` of its app. A service moves a locked row by
`<TABLE>.move(...)`, or many rows by one update; the same table is a database trigger, so that an update to a state that
is not allowed fails whoever sends it. A trigger sees updates; in which state a row may be inserted, check constraints
say.
"""


@dataclass(frozen=True)
class Found:
    """A state table, the app, module and name it stands under, and the models whose trigger is made from it."""

    app: str
    module: str
    name: str
    machine: StateMachine
    models: tuple[type[models.Model], ...]

    @property
    def file_name(self) -> str:
        noun = self.name.removesuffix("_STATES").lower().replace("_", "-")
        return f"{self.app}-{noun}.md"

    @property
    def guarded(self) -> str:
        return ", ".join(f"`{m._meta.label}.{self.machine.field}`" for m in self.models) or "–"


def folder() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "states"


def state_tables() -> Iterator[Found]:
    """Every `StateMachine` in the `enums` of an installed app, a module or a package of them, by app and name."""
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        tables = {
            name: (module, value)
            for module in _enums_of(config)
            for name, value in vars(import_module(module)).items()
            if isinstance(value, StateMachine)
        }
        for name, (module, value) in sorted(tables.items()):
            yield Found(config.label, module, name, value, tuple(_guarded_by(value, config.get_models())))


def _enums_of(config: AppConfig) -> list[str]:
    if not module_has_submodule(config.module, "enums"):
        return []
    module = import_module(f"{config.name}.enums")
    parts = iter_modules(getattr(module, "__path__", []))
    return [module.__name__, *(f"{module.__name__}.{part.name}" for part in parts)]


def _guarded_by(machine: StateMachine, candidates: Iterator[type[models.Model]]) -> Iterator[type[models.Model]]:
    wanted = (machine.field, machine.pairs())
    for model in candidates:
        triggers = getattr(model._meta, "triggers", ())
        if any(isinstance(t, pgtrigger.FSM) and (t.field, list(t.transitions)) == wanted for t in triggers):
            yield model


def documents() -> dict[str, str]:
    """{file name: text} of all pages, the index included. The labels are the message ids, whatever language is on."""
    found = list(state_tables())
    lines = [f"- [{t.app}: {t.name}]({t.file_name}), kept by {t.guarded}" for t in found]
    with translation.override(None):
        pages = {table.file_name: _page(table) for table in found}
    return pages | {"README.md": f"{MADE}\n\n{INTRODUCTION}\n" + "\n".join(lines) + "\n"}


def _page(table: Found) -> str:
    machine = table.machine
    choices = type(next(iter(machine.moves)))
    labels = {str(state): str(state.label) for state in choices}  # type: ignore[attr-defined]
    moves = machine.pairs()
    first = {str(getattr(m(), machine.field)) for m in table.models}
    last = [state for state in labels if state not in {before for before, _after in moves}]
    diagram = [f'    state "{label}" as {state}' for state, label in labels.items()]
    diagram += [f"    [*] --> {state}" for state in labels if state in first]
    diagram += [f"    {before} --> {after}" for before, after in moves]
    diagram += [f"    {state} --> [*]" for state in last]
    notes: dict[str, list[str]] = {state: [] for state in labels}
    for state in first & labels.keys():
        notes[state].append("a row begins here unless it is made otherwise")
    for state in last:
        notes[state].append("final")
    return "\n".join([
        MADE,
        "",
        f"# {table.app}: {table.name}",
        "",
        f"Table `{table.module}.{table.name}`, kept by a trigger on {table.guarded}.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *diagram,
        "```",
        "",
        "| State | Label | |",
        "|---|---|---|",
        *(f"| `{state}` | {label} | {', '.join(notes[state])} |" for state, label in labels.items()),
        "",
        "| From | To |",
        "|---|---|",
        *(f"| `{a}` {labels[a]} | `{b}` {labels[b]} |" for a, b in moves),
        "",
    ])  # fmt: skip


def write() -> list[Path]:
    """Bring the folder up to the code; what belongs to no table any more goes. Gives the files that changed."""
    wanted = documents()
    folder().mkdir(parents=True, exist_ok=True)
    changed = [path for path in sorted(folder().glob("*.md")) if path.name not in wanted]
    for path in changed:
        path.unlink()
    for name, text in wanted.items():
        path = folder() / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
