"""What an officer may do with an application now, and where not, why: one answer for page and API."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.office import ACTS, BY_FOUR_EYES, Act
from brokers.enums.registration import ApplicationState, RegistrationKind
from brokers.models import Application
from brokers.queries.office import advice_outstanding, has_checked, is_party, session_of_round, taken_up_by
from brokers.querysets.registration import governs_brokers


@dataclass(frozen=True)
class Possible:
    """An act whose turn it is. `why_not` says what keeps this officer from it; empty where nothing does."""

    act: Act
    why_not: str = ""


def acts_of(application: Application, user: User, day: date) -> list[Possible]:
    """The acts whose turn it is in this state, in the order of the page; none for who is no officer."""
    if not governs_brokers(user):
        return []
    found = []
    party, checked = is_party(user, application), has_checked(user, application)
    for act, (kinds, states) in ACTS.items():
        if application.kind not in kinds or application.state not in states or _is_over(act, application):
            continue
        if party:
            found.append(Possible(act, _("You belong to the applicant: another officer has to do this.")))
        elif act in BY_FOUR_EYES and checked:
            why = _("You checked the documents of this application: another officer has to decide.")
            found.append(Possible(act, why))
        elif act == Act.OBJECTION and application.decided_by_id == user.pk:
            why = _("You refused this application: another officer has to decide on the objection.")
            found.append(Possible(act, why))
        else:
            found.append(Possible(act, _not_yet(act, application, day)))
    return found


def _is_over(act: Act, application: Application) -> bool:
    """Acts that the state allows and somebody has done already, or that come later for this kind."""
    if act == Act.TAKE_UP and application.state == ApplicationState.DOC_CHECK:
        return taken_up_by(application) is not None
    if act == Act.REGISTER:
        is_agency = application.kind == RegistrationKind.AGENCY
        return (application.state == ApplicationState.ADVICE) != is_agency
    return False


def _not_yet(act: Act, application: Application, day: date) -> str:
    """What has to come first."""
    in_advice, is_trader = application.state == ApplicationState.ADVICE, application.kind == RegistrationKind.TRADER
    whose = advice_outstanding(application) if in_advice and act in {Act.COMMITTEE, Act.REGISTER} else ""
    if whose:
        return _("The advice of “%(whose)s” was asked for and is not recorded yet.") % {"whose": whose}
    if is_trader and act in {Act.TRAINING, Act.REGISTER} and session_of_round(application) is None:
        return _("Record the session of the committee first.")
    if act == Act.REFUSE and application.completion_is_open_on(day):
        return _("The applicant has time to complete it. After its day it can be refused.")
    return ""
