"""How a mandate stands on a day, and what it is about, in words."""

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from brokers.enums.mandates import AGREED_UPON, MandateState, Side
from brokers.models import Mandate


@dataclass(frozen=True)
class Status:
    """`key` for programs: the state, or what the day makes of it. `tone` is that of a badge."""

    key: str
    label: str
    tone: str


def status_on(mandate: Mandate, day: date) -> Status:
    """Lapsed, begun and over are asked by the day and stored nowhere."""
    label = mandate.get_state_display()
    if mandate.state == MandateState.OFFERED:
        lapsed = mandate.has_lapsed_on(day)
        return (
            Status("lapsed", pgettext("mandate", "Lapsed"), "gray") if lapsed else Status("offered", label, "warning")
        )
    if mandate.state not in AGREED_UPON:
        return Status(mandate.state, label, "gray")
    if mandate.last_day < day:
        over = mandate.state == MandateState.ACCEPTED
        return Status("over", _("Term over"), "gray") if over else Status("ended", label, "gray")
    if mandate.starts_on > day:
        return Status("agreed", _("Begins later"), "information")
    if mandate.state == MandateState.ENDED:
        until = {"day": date_format(mandate.last_day, "SHORT_DATE_FORMAT")}
        return Status("ending", _("Ended, holds until %(day)s") % until, "warning")
    return Status("in_force", label, "success")


def about(mandate: Mandate, *, shows_need: bool) -> str:
    """In a few words, for a line of a list or of a page, of a mandate read `with_first_subject` or `for_page`.

    An unnamed need is named to its sides only. Of several technologies the first stands for all.
    """
    if mandate.need is not None:
        return mandate.need.title if shows_need else _("A need of the company")
    if mandate.subject_count:
        title = mandate.first_subject.text_in("title", get_language() or "ko")
        more = mandate.subject_count - 1
        return _("%(title)s and %(more)d more") % {"title": title, "more": more} if more else title
    return everything(mandate.side)


def everything(side: str) -> str:
    return _("All technologies of the holder") if side == Side.HOLDER else _("Everything the company looks for")
