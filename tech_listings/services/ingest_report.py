"""What a run found, as people and programs read it. Reads only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tech_listings.enums import RowAction
from tech_listings.ingest.problems import FILE_WORDINGS, RowProblem
from tech_listings.models import Run, RunRow
from tech_listings.services.ingest_targets import Target, target_of

COUNTS = ("rows_read", "added", "drafts", "changed", "unchanged", "refused", "left_out", "withdrawn")


@dataclass(frozen=True)
class Change:
    """One field of a changed row, in words."""

    field: str
    label: str
    old: str
    new: str


def problems_of(row: RunRow) -> list[RowProblem]:
    return [RowProblem.from_json(p) for p in row.problems or ()]


def changes_of(row: RunRow, target: Target) -> list[Change]:
    """Codes become words in the reader's language, field names the labels of the form."""
    return [
        Change(name, target.label_of(name), _in_words(target, name, old), _in_words(target, name, new))
        for name, old, new in row.changes or ()
    ]


def taken_of(run: Run) -> list[tuple[str, str]]:
    """Columns of the file that are taken, with what each fills."""
    labels = target_of(run).fields.labels
    return [(c["name"], str(labels[t])) for c in run.columns for t, name in run.mapping.items() if name == c["name"]]


def _in_words(target: Target, name: str, text: str) -> str:
    labels = target.words.get(name)
    return ", ".join(str(labels.get(code, code)) for code in text.split(", ")) if labels and text else text


def failure_of(run: Run) -> tuple[str, str] | None:
    """Why a failed run failed and what to do, or None."""
    wording = FILE_WORDINGS.get(run.problem_code)
    if wording is None:
        return None
    detail = {"value": "", "name": run.file_name, **run.problem_detail}
    return str(wording.why) % detail, str(wording.remedy) % detail


def error_rows(run: Run) -> Iterator[Sequence[Any]]:
    """Header and refused rows with their original cells first, so that the file can be corrected and sent again."""
    names = [column["name"] for column in run.columns]
    yield [*names, _("Row"), _("Field"), _("Value"), _("Why"), _("What to do")]
    for row in run.rows.filter(action=RowAction.REFUSE).order_by("row", "pk").iterator(2000):
        found = [p for p in problems_of(row) if not p.warning]
        cells = list(row.cells or ())[: len(names)]
        yield [
            *cells,
            *[""] * (len(names) - len(cells)),
            row.row,
            "\n".join(p.field for p in found),
            "\n".join(p.value for p in found),
            "\n".join(p.why for p in found),
            "\n".join(dict.fromkeys(p.remedy for p in found)),
        ]


def counts_of(run: Run) -> dict[str, int]:
    return {name: getattr(run, name) for name in COUNTS}
