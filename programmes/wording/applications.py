"""The same state in two languages: what officers read of an application, and what the applicant reads, with what is
next and by when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from programmes.enums.applications import AGAINST, ApplicationState
from programmes.enums.calls import CallState
from programmes.enums.review import AgreementState, ObjectionState
from programmes.models import Application

S = ApplicationState

TONES = {
    S.DRAFT: "gray", S.DISCARDED: "gray", S.SUBMITTED: "information", S.COMPLETION: "warning",
    S.ELIGIBLE: "information", S.INELIGIBLE: "danger", S.SELECTED: "success", S.RESERVE: "warning",
    S.NOT_SELECTED: "danger", S.AGREED: "success", S.LAPSED: "danger", S.WITHDRAWN: "gray",
}  # fmt: skip

FOR_APPLICANTS: dict[str, Any] = {
    S.DRAFT: pgettext_lazy("for applicants", "Being written"),
    S.DISCARDED: pgettext_lazy("for applicants", "Thrown away"),
    S.SUBMITTED: pgettext_lazy("for applicants", "Received"),
    S.COMPLETION: pgettext_lazy("for applicants", "Something is missing"),
    S.ELIGIBLE: pgettext_lazy("for applicants", "With the panel"),
    S.INELIGIBLE: pgettext_lazy("for applicants", "Not accepted"),
    S.SELECTED: pgettext_lazy("for applicants", "Selected"),
    S.RESERVE: pgettext_lazy("for applicants", "Waiting list"),
    S.NOT_SELECTED: pgettext_lazy("for applicants", "Not selected"),
    S.AGREED: pgettext_lazy("for applicants", "Agreement signed"),
    S.LAPSED: pgettext_lazy("for applicants", "Lapsed"),
    S.WITHDRAWN: pgettext_lazy("for applicants", "Withdrawn"),
}


@dataclass(frozen=True)
class Next:
    """What comes next, whose turn it is (`firm`, `office` or nobody), and its last day in Korea if a rule names one."""

    text: str
    on: str = ""
    due_on: date | None = None


def label_for(application: Application, *, is_applicant: bool) -> str:
    return str(FOR_APPLICANTS[application.state]) if is_applicant else application.get_state_display()


def tone_of(application: Application) -> str:
    return TONES[ApplicationState(application.state)]


def next_of(application: Application, at: datetime) -> Next:
    """For the applicant at a moment: what comes next, and by when."""
    if application.state == S.DRAFT:
        return _next_of_draft(application, at)
    if application.state == S.SUBMITTED:
        return Next(
            _("An officer checks the papers and conditions. You hear of it, also if something is missing."), "office"
        )
    if application.state == S.COMPLETION:
        return Next(_("Complete what the office names and hand it in again."), "firm", application.complete_by)
    if application.state == S.ELIGIBLE:
        return Next(_("The panel reads it. Every applicant is told the result when it is published."), "office")
    return _next_of_decided(application, timezone.localdate(at))


def _next_of_draft(application: Application, at: datetime) -> Next:
    if application.call.state == CallState.CANCELLED:
        return Next(_("The call was cancelled. Nothing can be submitted any more."))
    if application.call.is_over_at(at):
        return Next(_("The call has closed. Nothing can be submitted any more."))
    text = _("Fill in what is missing and submit it before the call closes.")
    return Next(text, "firm", timezone.localdate(application.call.closes_at))


def is_unpaid(application: Application) -> bool:
    """Of one that lapsed: whether it was signed, so that the own share is what did not come."""
    agreement = getattr(application, "agreement", None)
    return agreement is not None and agreement.state == AgreementState.SIGNED


def _next_of_decided(application: Application, today: date) -> Next:
    if application.state in AGAINST:
        return _next_of_refused(application, today)
    if application.state == S.RESERVE:
        return Next(
            _("If a selected firm does not sign, the next one on the list is taken up. You need do nothing."), "office"
        )
    if application.state == S.SELECTED:
        return _next_of_selected(application)
    if application.state == S.AGREED:
        # What has come of it since, the app above knows: on its page stands what is to be paid in, or used.
        return Next(_("The agreement is signed. What is to be paid in, and the voucher, stand under “Vouchers”."))
    if application.state == S.LAPSED and is_unpaid(application):
        return Next(_("The own share was not paid in, so the voucher is gone. Nothing is to be done any more."))
    if application.state == S.LAPSED:
        return Next(_("The agreement was not signed in time. Nothing is to be done any more."))
    return Next(_("Nothing is to be done any more."))


def _next_of_refused(application: Application, today: date) -> Next:
    if application.call.state == CallState.CLOSED:
        return Next(_("Nothing is to be done any more."))
    until = application.object_by
    raised = application.objections_now
    for each in raised:
        if each.state == ObjectionState.OPEN:
            text = _("The office has your objection. It answers by the day that stands here.")
            return Next(text, "office", each.answer_due_on)
    if any(each.state != ObjectionState.WITHDRAWN for each in raised):
        return Next(_("Nothing is to be done any more."))
    if until is None or today > until:
        return Next(_("The days to object are over."))
    return Next(_("You may object, with your reasons."), "firm", until)


def _next_of_selected(application: Application) -> Next:
    agreement = getattr(application, "agreement", None)
    if agreement is None or agreement.state != AgreementState.OFFERED:
        return Next(_("The office prepares the agreement. You are told when it can be signed."), "office")
    return Next(_("A manager of your firm signs the agreement."), "firm", agreement.sign_by)


def steps_of(application: Application) -> list[tuple[str, str]]:
    """The way from the draft to the voucher for the applicant: (words, done | current | todo)."""
    names = [_("Write"), _("Check"), _("Panel"), pgettext("step", "Result"), _("Agreement")]
    place = {
        S.DRAFT: 0, S.SUBMITTED: 1, S.COMPLETION: 1, S.ELIGIBLE: 2, S.INELIGIBLE: 1, S.RESERVE: 3, S.NOT_SELECTED: 3,
        S.SELECTED: 4, S.AGREED: 5,
    }.get(ApplicationState(application.state))  # fmt: skip
    if place is None:
        return []
    return [(name, "done" if n < place else "current" if n == place else "todo") for n, name in enumerate(names)]
