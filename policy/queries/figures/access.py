"""Who sees which figure, which number of it, and which rows behind it. Pages, exports and the API ask here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from policy.enums.figures import FEWEST, Openness, Withheld
from policy.models import LiveValue, Snapshot
from policy.models.figures import Valued
from policy.queries.figures.figure import Figure, Part, Rows, Scope
from policy.queries.figures.kept import KeptRows, kept_data
from policy.queries.figures.kinds import Tallies, Tally, tallies_of
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
    """A value as one viewer is told it. Where it is `withheld`, nothing of it is told but why."""

    value: int | None
    tallies: Tallies
    withheld: Withheld | None = None

    @property
    def is_hidden(self) -> bool:
        return self.withheld is not None


def told(user: Viewer, figure: Figure, valued: Valued) -> Told:
    """What the viewer may read of a live or frozen value. Asks the database nothing that a page has not asked."""
    tallies = tallies_of(valued.parts)
    why = None if sees_all(user) else withheld(figure, valued, tallies)
    return Told(valued.value, tallies) if why is None else Told(None, {}, why)


def withheld(figure: Figure, valued: Valued, tallies: Tallies) -> Withheld | None:
    """Why the public is not told a value; None where it is told it."""
    if is_too_few(figure, tallies):
        return Withheld.TOO_FEW
    if not figure.is_monthly:
        return None
    if not isinstance(valued, Snapshot):
        return Withheld.MONTHLY
    return None if valued.is_told else Withheld.CHANGED_LITTLE


def is_too_few(figure: Figure, tallies: Tallies) -> bool:
    """Whether the number would tell of single organizations: fewer than three stand behind it (docs/adr/0050).

    A sum or a day tells of a row by itself, so there each part counts. A number of contracts does not: of that the
    whole counts, which is at least as large as its largest part. Of parts without a row nothing can be told.
    """
    many = {part.key: tallies[part.key] for part in figure.parts if part.key in tallies}
    if any(few(many[part.key]) for part in figure.parts if part.is_monthly and part.key in many):
        return True
    if not any(part.openness == Openness.GUARDED for part in figure.parts):
        return False
    behind = [tally for tally in many.values() if tally.rows]
    return bool(behind) and all(few(tally) for tally in behind)


def few(tally: Tally) -> bool:
    """Fewer than three organizations, or nobody knows how many."""
    return bool(tally.rows) and (tally.organizations is None or 0 < tally.organizations < FEWEST)


def shown_values(user: Viewer, figures: Iterable[Figure]) -> dict[str, list[Valued]]:
    """What the viewer is shown as the value of each year, by code, the newest year first: the live one, or of a figure
    that the public is told by months the newest month that is told. That one says whether it was corrected since: while
    the correction is withheld, the version before it goes on being shown, but not in silence. Two statements.
    """
    everything, codes = sees_all(user), {figure.code: figure for figure in figures}
    monthly = [] if everything else [code for code, figure in codes.items() if figure.is_monthly]
    live = LiveValue.objects.visible_to(user, [code for code in codes if code not in monthly])
    told_months = Snapshot.objects.visible_to(user, monthly).filter(is_told=True).with_corrections()
    found: dict[str, list[Valued]] = {code: [] for code in codes}
    for row in live.order_by("figure", "-year"):
        found[row.figure].append(row)
    newest = told_months.order_by("figure", "-year", "-month", "-version").distinct("figure", "year")
    for month in newest if monthly else ():
        found[month.figure].append(month)
    return found


def answered_now(figures: Iterable[Figure]) -> dict[str, LiveValue]:
    """How complete the survey is of each figure that needs it, by code: for everybody, also where the value is told by
    months. Of the newest year that has a value, else of the newest. Nothing else of the row may be told. One statement.
    """
    codes = [figure.code for figure in figures if figure.needs_answers]
    found: dict[str, LiveValue] = {}
    for row in LiveValue.objects.filter(figure__in=codes).order_by("figure", "-year"):
        first = found.setdefault(row.figure, row)
        if first.value is None and row.value is not None:
            found[row.figure] = row
    return found


def is_hash_told(user: Viewer, figure: Figure) -> bool:
    """Whether the viewer may read the hash of the rows of a month. Where not everybody sees all of them, whoever knows
    all but one could try that one out until the hash fits (docs/adr/0050): numbers are serial, and there are few days.
    """
    return sees_all(user) or all(part.openness == Openness.OPEN for part in figure.parts)


def own_institutes(user: Viewer, part: Part) -> list[int]:
    """The organizations of which the user sees the rows of this part: those of what was merged into one's own, too."""
    mine = [organization.pk for organization in organizations_with(user, part.permission)]
    if not mine:
        return []
    merged = Organization.objects.filter(merged_into__in=mine).order_by("pk").values_list("pk", flat=True)
    return [*mine, *merged]


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


def frozen_for(user: Viewer, figure: Figure, month: date, year: int) -> Snapshot | None:
    """The version of a frozen month that the viewer is shown, with its rows: the newest one. Of a figure that the
    public is told by months it is the newest that is told, if any, so that an institute has the rows of what it reads.
    """
    versions = Snapshot.objects.visible_to(user, [figure.code]).with_corrections().filter(month=month, year=year)
    is_told_first = figure.is_monthly and not sees_all(user)
    return versions.order_by(*(["-is_told"] if is_told_first else []), "-version").first()


def kept_for(user: Viewer, snapshot: Snapshot, part: Part) -> KeptRows:
    """The rows of a frozen month as they were, as far as the viewer may see them today."""
    hidden = part.secret() if part.secret is not None else set()
    mine = None
    if not sees_all(user):
        if part.openness != Openness.OPEN:
            mine = own_institutes(user, part)
        elif part.unlisted is not None:
            hidden = hidden | part.unlisted()
    # For who may see none of them, nothing is unpacked: it can be half a million rows.
    data = b"" if mine is not None and not mine else kept_data(snapshot)
    return KeptRows(data, part.key, without=hidden, of=mine)


def names_of(keys: Iterable[int | None]) -> dict[int, str]:
    """The names of organizations in the reader's language, in one statement."""
    wanted = {key for key in keys if key is not None}
    found = Organization.objects.filter(pk__in=wanted).only("name", "name_en", "name_zh")
    return {organization.pk: organization.display_name for organization in found}
