"""How the deals of a broker are spread, as lines with names."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from brokers.enums.mandates import DealOrigin
from brokers.enums.register import DealSize
from brokers.queries.figures import Cells
from taxonomy.enums import Level, System
from taxonomy.queries import choices


@dataclass(frozen=True)
class Part:
    """A line of a distribution, `share` of a hundred for its bar."""

    label: str
    many: int
    share: int


def parts(found: Cells, names: dict[str, str], *, other: str) -> list[Part]:
    """Lines of `found`; what may not be told apart is the last one."""
    rows = [(names.get(kind, kind), many) for kind, many in found.parts]
    if found.other:
        rows.append((other if rows else _("Not told apart: too few of each"), found.other))
    return [Part(label, many, 100 * many // (found.total or 1)) for label, many in rows]


def by_field(found: Cells) -> list[Part]:
    titles = {code: f"{code} · {title}" for code, title in choices(System.IPC, Level.SECTION)}
    return parts(found, titles, other=_("Other fields, or none named"))


def by_size(found: Cells) -> list[Part]:
    return parts(found, {str(s): str(s.label) for s in DealSize}, other=_("Other sizes"))


def by_origin(found: Cells) -> list[Part]:
    return parts(found, {str(o): str(o.label) for o in DealOrigin}, other=_("The other origin"))
