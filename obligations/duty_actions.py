"""What can be done on the page of a duty: who may, when, with which form, and the one service behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from marketplace.core.days import add_months, last_day
from marketplace.core.errors import DomainError
from obligations.duty_forms import (
    ActionForm,
    AskForm,
    CountForm,
    DecideForm,
    DelayForm,
    DischargeForm,
    TakeBackForm,
    UndischargeForm,
    VerifyForm,
)
from obligations.enums import EXTENSION_WINDOW_MONTHS, DutyKind, DutyState, ExemptionState
from obligations.models import Exemption, Obligation
from obligations.services.discharge import accept_extension, discharge, need_listings, undischarge, verify
from obligations.services.exempt import ask_exemption, decide_exemption, take_back_exemption
from tech_listings.models import Listing
from tech_listings.queries import find_visible


@dataclass(frozen=True)
class Given:
    """An action that somebody takes: `data` is what the form says, less the revision, which goes on as it is."""

    duty: Obligation
    data: dict[str, Any]
    revision: int
    by: User
    at: datetime

    def to(self, service: Callable[..., Any], **more: Any) -> None:
        service(by=self.by, at=self.at, revision=self.revision, **more)

    def of_duty(self, service: Callable[..., Any], **more: Any) -> None:
        self.to(service, obligation=self.duty, **more)

    @property
    def exemption(self) -> Exemption:
        """That of the form, if it is one of this duty's. Raises `Http404`."""
        found = self.duty.exemptions.filter(public_id=self.data["exemption"]).first()
        if found is None:
            raise Http404
        return found


def listing_named(user: User, reference: str) -> Listing:
    """The technology with this number or id. Raises `DomainError` where the user sees none."""
    try:
        return find_visible(user, reference.strip())
    except Http404:
        raise DomainError(_("There is no such technology. Look at its number once more."), field="listing") from None


def _discharge(given: Given) -> None:
    given.of_duty(discharge, listing=listing_named(given.by, given.data["listing"]))


def _undischarge(given: Given) -> None:
    found = Listing.objects.filter(public_id=given.data["listing"], discharges__obligation=given.duty).first()
    if found is None:
        raise Http404
    given.of_duty(undischarge, listing=found)


def _ask(given: Given) -> None:
    sent = given.data["evidence"]
    more = {name: given.data[name] for name in ("ground", "until", "text")}
    given.of_duty(ask_exemption, evidence=sent.file, evidence_name=sent.name, **more)


def _decide(given: Given) -> None:
    grant = given.data["decision"] == "grant"
    given.to(
        decide_exemption,
        exemption=given.exemption,
        grant=grant,
        until=given.data["until"] if grant else None,
        text=given.data["text"],
    )


@dataclass(frozen=True)
class Action:
    """`permission` is asked of the duty, or of its exemption where `of_exemption`."""

    form: type[ActionForm]
    permission: str
    run: Callable[[Given], None]
    done: Any
    of_exemption: bool = False


ACTIONS: dict[str, Action] = {
    "discharge": Action(
        DischargeForm, "discharge_obligation", _discharge, gettext_lazy("The technology counts for this duty.")
    ),
    "undischarge": Action(
        UndischargeForm, "undischarge_obligation", _undischarge, gettext_lazy("The technology does not count any more.")
    ),
    "verify": Action(VerifyForm, "verify_obligation", lambda given: given.of_duty(verify), gettext_lazy("Verified.")),
    "delay": Action(
        DelayForm,
        "extend_obligation",
        lambda given: given.of_duty(accept_extension, until=given.data["until"], reason=given.data["reason"]),
        gettext_lazy("The reason was accepted. The institute was told."),
    ),
    "count": Action(
        CountForm,
        "verify_obligation",
        lambda given: given.of_duty(need_listings, count=given.data["count"]),
        gettext_lazy("Saved."),
    ),
    "ask": Action(AskForm, "ask_exemption", _ask, gettext_lazy("You asked for an exemption. An officer decides.")),
    "decide": Action(
        DecideForm, "decide_exemption", _decide, gettext_lazy("Decided. The institute was told."), of_exemption=True
    ),
    "take_back": Action(
        TakeBackForm,
        "take_back_exemption",
        lambda given: given.to(take_back_exemption, exemption=given.exemption),
        gettext_lazy("Taken back."),
        of_exemption=True,
    ),
}


def exemption_named(duty: Obligation, public_id: str) -> Exemption | None:
    """The exemption of this duty with this id, however it was typed."""
    return next((row for row in duty.exemptions.all() if public_id and str(row.public_id) == public_id), None)


def require_may(user: User, duty: Obligation, action: Action, exemption: Exemption | None) -> None:
    """Raise `PermissionDenied` unless the user may do this at all, whatever the state."""
    about = (exemption or Exemption(organization=duty.institute, obligation=duty)) if action.of_exemption else duty
    if not user.has_perm(f"obligations.{action.permission}", about):
        raise PermissionDenied(_("This is for others to do."))


@dataclass(frozen=True)
class Offer:
    """What the page offers a reader: forms by action, and why not where somebody may wonder."""

    forms: dict[str, ActionForm]
    asked: Exemption | None
    running: Exemption | None
    why_not_decide: str
    most_delay: date | None


def offer(duty: Obligation, user: User, day: date) -> Offer:
    """The actions that `user` may take now on `day`, a day in Korea, each with an empty form."""
    rows = list(duty.exemptions.filter(state__in=[ExemptionState.ASKED, ExemptionState.GRANTED]).for_list())
    asked = next((row for row in rows if row.state == ExemptionState.ASKED), None)
    running = next((row for row in rows if row.state == ExemptionState.GRANTED), None)
    most = latest_delay(duty)
    forms = _to_list(duty, user) | _to_oversee(duty, user, most) | _about_exemption(duty, user, asked, running, day)
    return Offer(forms, asked, running, why_not(user, asked) if asked else "", most)


def _to_list(duty: Obligation, user: User) -> dict[str, ActionForm]:
    if duty.kind != DutyKind.LISTING or not user.has_perm("obligations.undischarge_obligation", duty):
        return {}
    seen = {"initial": {"revision": duty.revision}}
    forms: dict[str, ActionForm] = {"undischarge": UndischargeForm(**seen)}
    may_name = user.has_perm("obligations.discharge_obligation", duty)
    if may_name and duty.state in {DutyState.DUE, DutyState.LISTED, DutyState.VERIFIED}:
        forms["discharge"] = DischargeForm(**seen)
    return forms


def _to_oversee(duty: Obligation, user: User, most: date | None) -> dict[str, ActionForm]:
    if not user.has_perm("obligations.verify_obligation", duty):
        return {}
    forms: dict[str, ActionForm] = {}
    if duty.state == DutyState.LISTED:
        forms["verify"] = VerifyForm(initial={"revision": duty.revision})
    if duty.kind == DutyKind.LISTING and duty.state != DutyState.DROPPED:
        forms["count"] = CountForm(initial={"revision": duty.revision, "count": duty.listings_needed})
    if most:
        forms["delay"] = DelayForm(initial={"revision": duty.revision})
    return forms


def _about_exemption(
    duty: Obligation, user: User, asked: Exemption | None, running: Exemption | None, day: date
) -> dict[str, ActionForm]:
    forms: dict[str, ActionForm] = {}
    if user.has_perm("obligations.ask_exemption", duty) and may_ask_now(duty, asked, running, day):
        forms["ask"] = AskForm(initial={"revision": duty.revision})
    if asked and user.has_perm("obligations.decide_exemption", asked):
        forms["decide"] = DecideForm.of(asked, duty.revision)
    open_one = asked or running
    if open_one and user.has_perm("obligations.take_back_exemption", open_one):
        forms["take_back"] = TakeBackForm(initial={"revision": duty.revision, "exemption": open_one.public_id})
    return forms


def latest_delay(duty: Obligation) -> date | None:
    """The last day until which a reason may be accepted now; None where the law gives no more time."""
    most = min(last_day(duty.deadline, months=duty.rule.reason_months), duty.latest_on)
    return most if duty.state == DutyState.DUE and most > duty.deadline else None


def may_ask_now(duty: Obligation, asked: Exemption | None, running: Exemption | None, day: date) -> bool:
    if duty.kind != DutyKind.LISTING or asked:
        return False
    if running and running.until:
        return add_months(running.until, -EXTENSION_WINDOW_MONTHS) <= day < running.until
    return duty.state == DutyState.DUE


def why_not(user: User, asked: Exemption) -> str:
    """Why an officer who may decide on others may not decide on this one; empty where that is no question."""
    if not user.has_perm("obligations.see_compliance") or user.has_perm("obligations.decide_exemption", asked):
        return ""
    if asked.asked_by_id == user.pk:
        return _("You asked for this yourself: another officer decides.")
    return _("You are a member of this institute: another officer decides.")
