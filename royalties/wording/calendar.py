"""Words for what code names: flags of a statement, and a due in a line."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from royalties.enums.calendar import DueKind
from royalties.models import Due
from royalties.sharing.audit import Flag

FLAGS = {
    Flag.ROSE: gettext_lazy("Sales rose by more than 30 percent against the year before."),
    Flag.FELL: gettext_lazy("Sales fell by more than 30 percent against the year before."),
    Flag.STOPPED: gettext_lazy("Nothing was sold, after a year with sales."),
    Flag.DEDUCTED: gettext_lazy("More than 20 percent is deducted."),
    Flag.LINES_DIFFER: gettext_lazy("The lines do not add up to the net sales."),
    Flag.ABOVE_FORECAST: gettext_lazy("More than 30 percent above your forecast. Only your side sees this."),
    Flag.BELOW_FORECAST: gettext_lazy("More than 30 percent below your forecast. Only your side sees this."),
}


def name_of(due: Due) -> str:
    """`Instalment 2`, `Sales statement 2026`; a further line of the same is told by its number."""
    if due.kind == DueKind.LATE_INTEREST:
        return _("Late interest on: %(what)s") % {"what": _named(due.key.partition(":")[2].partition("+")[0])}
    base, _mark, again = due.key.partition("#")
    kind, _colon, which = base.partition(":")
    label = str(DueKind(due.kind).label)
    if due.kind == DueKind.MILESTONE:
        label = _("Milestone: %(words)s") % {"words": words_of_milestone(due, which)}
    elif kind and which:
        label = f"{label} {which}"
    return f"{label} ({again})" if again else label


def words_of_milestone(due: Due, key: str) -> str:
    for each in due.version.terms.get("milestones", []):
        if each.get("key") == key:
            return str(each.get("words") or key)
    return key


def _named(key: str) -> str:
    kind, _colon, which = key.partition("#")[0].partition(":")
    label = str(DueKind(kind).label) if kind in DueKind.values else kind
    return f"{label} {which}".strip()
