"""Who sees which figure, which number of it, and which rows behind it. Pages, exports and the API ask here."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from policy.enums.figures import FEWEST, Kind, Openness, Unit
from policy.models import Snapshot
from policy.models.figures import Valued
from policy.queries.figures.figure import Figure, Part, Rows, Scope
from policy.queries.figures.kept import KeptRows, kept_data
from policy.queries.figures.kinds import DENOMINATOR, NUMERATOR, Tallies, tallies_of
from policy.queries.figures.registry import FIGURES

Viewer = User | AnonymousUser


def sees_all(user: Viewer) -> bool:
    """Whether the user is an officer who sees all figures and all rows."""
    return bool(organizations_with(user, Permission.SEE_FIGURES))


def governs(user: Viewer) -> bool:
    """Whether the user sets targets and corrects frozen months."""
    return bool(organizations_with(user, Permission.GOVERN_FIGURES))


def figures_for(user: Viewer) -> list[Figure]:
    """In the order of the registry."""
    everything = sees_all(user)
    return [figure for figure in FIGURES.values() if figure.is_public or everything]


def find(user: Viewer, code: str) -> Figure | None:
    """None where there is none, or none that the user may see."""
    figure = FIGURES.get(code)
    return figure if figure is not None and (figure.is_public or sees_all(user)) else None


@dataclass(frozen=True)
class Told:
    """A value as one viewer is told it. `is_hidden`: it is of too few rows to be public, and nothing of it is told."""

    value: int | None
    tallies: Tallies
    is_hidden: bool = False


def told(user: Viewer, figure: Figure, valued: Valued) -> Told:
    """What the viewer may read of a live or frozen value. Asks the database nothing that a page has not asked."""
    tallies = tallies_of(valued.parts)
    if is_too_few(figure, tallies) and not sees_all(user):
        return Told(None, {}, is_hidden=True)
    return Told(valued.value, tallies)


def is_too_few(figure: Figure, tallies: Tallies) -> bool:
    """Whether the number would tell of single contracts, payments or fees: what is guarded and of fewer than three.

    Won and days tell of a row by themselves, and so does what is left when one sum is taken from the other. A number of
    contracts does not, so there the whole counts.
    """
    guarded = [part for part in figure.parts if part.openness == Openness.GUARDED]
    counts = {part.key: tallies[part.key].rows for part in figure.parts if part.key in tallies}
    for part in guarded:
        if part.unit in (Unit.WON, Unit.DAYS) and 0 < counts.get(part.key, 0) < FEWEST:
            return True
    if figure.kind == Kind.RATIO and len(guarded) == 2 and all(part.unit == Unit.WON for part in guarded):
        rest = abs(counts.get(NUMERATOR, 0) - counts.get(DENOMINATOR, 0))
        if 0 < rest < FEWEST:
            return True
    whole = sum(counts.values()) if figure.kind == Kind.SHARES else max(counts.values(), default=0)
    return bool(guarded) and 0 < whole < FEWEST


def own_institutes(user: Viewer, part: Part) -> list[int]:
    """The organizations of which the user sees the rows of this part."""
    return [organization.pk for organization in organizations_with(user, part.permission)]


def rows_for(user: Viewer, part: Part, scope: Scope) -> Rows:
    """The rows of a part that the viewer may see, without an order: all, those of one's own institute, or none."""
    rows = part.rows(scope)
    if part.openness == Openness.OPEN or sees_all(user):
        return rows
    mine = own_institutes(user, part)
    return rows.filter(row_institute__in=mine) if mine else rows.none()


def sees_all_rows(user: Viewer, part: Part) -> bool:
    """Whether what `rows_for` gives is everything the number is made of."""
    return part.openness == Openness.OPEN or sees_all(user)


def kept_for(user: Viewer, snapshot: Snapshot, part: Part) -> KeptRows:
    """The rows of a frozen month as they were, as far as the viewer may see them today."""
    hidden = part.secret() if part.secret is not None else set()
    mine = None
    if not sees_all(user):
        if part.openness != Openness.OPEN:
            mine = own_institutes(user, part)
        elif part.unlisted is not None:
            hidden = hidden | part.unlisted()
    return KeptRows(kept_data(snapshot), part.key, without=hidden, of=mine)


def names_of(keys: Iterable[int | None]) -> dict[int, str]:
    """The names of organizations in the reader's language, in one statement."""
    wanted = {key for key in keys if key is not None}
    found = Organization.objects.filter(pk__in=wanted).only("name", "name_en", "name_zh")
    return {organization.pk: organization.display_name for organization in found}
