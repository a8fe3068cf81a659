"""An institute asks not to be held to a duty for a time; an officer who has no part in it decides."""

from datetime import date, datetime, timedelta
from typing import BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_member
from marketplace.core.days import add_months, last_day
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.text import tidy
from obligations import notices
from obligations.enums import (
    EXEMPTION_STATES,
    EXTENSION_WINDOW_MONTHS,
    DutyKind,
    DutyState,
    ExemptionEnd,
    ExemptionGround,
    ExemptionState,
    most_months,
)
from obligations.models import Exemption, Obligation
from obligations.models.duties import LONG_TEXT
from obligations.services.asking import require_officer, require_revision
from obligations.services.discharge import NotPossibleNow, locked_duty, step
from obligations.services.evidence import read_evidence
from obligations.services.settle import settle


@transaction.atomic
def ask_exemption(
    *,
    obligation: Obligation,
    ground: str,
    text: str,
    until: date,
    evidence: BinaryIO,
    evidence_name: str,
    by: User,
    at: datetime,
    revision: int | None = None,
) -> Exemption:
    """Ask for an exemption up to and with the day `until`, or, while one runs, for its extension.

    An extension may be asked for from three months before the end until the day before it. Each one lasts at most as
    many months as the ground allows.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `NotEvidence`, and `DomainError` naming the field.
    """
    duty = locked_duty(obligation)
    require_member(by, Permission.ASK_EXEMPTIONS, duty.institute)
    today = timezone.localdate(at)
    if duty.kind != DutyKind.LISTING:
        raise DomainError(_("There is no exemption from handing in a report."))
    if duty.exemptions.open().exists():
        raise NotPossibleNow(_("An exemption has been asked for already and waits for a decision."))
    require_revision(duty, revision)
    running = duty.exemptions.filter(state=ExemptionState.GRANTED, until__gte=today).first()
    if running:
        _refuse_outside_window(running, today)
    elif duty.state != DutyState.DUE:
        raise NotPossibleNow(_("This is “%(state)s”: nothing to be exempt from.") % {"state": duty.get_state_display()})
    text = tidy(text)
    _check(ground, text)
    starts = running.until if running and running.until else today
    _check_until(ground, until, starts, field="until")
    sent = read_evidence(file=evidence, name=evidence_name)

    exemption = Exemption(
        obligation=duty, organization=duty.institute, ground=ground, text=text, extends=running, asked_until=until,
        asked_at=at, asked_by=by, evidence_name=sent.name, evidence_type=sent.type, evidence_checksum=sent.checksum,
    )  # fmt: skip
    exemption.evidence.save("", File(sent.file), save=False)
    exemption.save(force_insert=True)
    step(duty)
    notices.exemption_asked(exemption, at)
    return exemption


@transaction.atomic
def decide_exemption(
    *,
    exemption: Exemption,
    grant: bool,
    text: str = "",
    until: date | None = None,
    by: User,
    at: datetime,
    revision: int | None = None,
) -> Exemption:
    """Grant it, maybe for less than was asked, or refuse it with a reason. Once.

    Never whoever asked, and nobody of that institute; the database says so too. `revision` is that of the duty.
    Raises `NotAllowed`, `NotPossibleNow` saying what happened meanwhile, `ChangedMeanwhile`, and `DomainError` naming
    the field.
    """
    duty = locked_duty(exemption.obligation)
    locked = _locked(exemption)
    if locked.asked_by_id == by.pk:
        raise NotAllowed(_("Who asks does not decide."))
    require_officer(by, Permission.DECIDE_EXEMPTIONS, locked.organization)
    _refuse_if_closed(locked)
    require_revision(duty, revision)
    text = tidy(text)
    if len(text) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field="text")
    if grant:
        _grant(locked, duty, until or locked.asked_until, text, by, at)
    else:
        if not text:
            raise DomainError(_("Say why: the institute will read it."), field="text")
        EXEMPTION_STATES.move(locked, ExemptionState.REFUSED, decided_at=at, decided_by=by, decision_text=text)
    step(duty)
    settle(projects=[duty.project_id], at=at)
    notices.exemption_decided(locked, at)
    return locked


def _grant(exemption: Exemption, duty: Obligation, until: date, text: str, by: User, at: datetime) -> None:
    if duty.state not in {DutyState.DUE, DutyState.EXEMPT}:
        raise NotPossibleNow(_("The duty is “%(state)s” meanwhile.") % {"state": duty.get_state_display()})
    today = timezone.localdate(at)
    before = exemption.extends
    # A late decision about an extension leaves no gap that counts as exempt: it runs from the day it is made.
    starts = before.until if before and before.until and before.until >= today else today
    _check_until(exemption.ground, until, starts, field="until")
    if until > exemption.asked_until:
        raise DomainError(_("This is longer than was asked for."), field="until")
    running = Exemption.objects.filter(obligation=duty, state=ExemptionState.GRANTED)
    for row in running.select_for_update(of=["self"]):
        EXEMPTION_STATES.move(row, ExemptionState.ENDED, ended_at=at, why_ended=ExemptionEnd.EXTENDED)
    EXEMPTION_STATES.move(
        exemption,
        ExemptionState.GRANTED,
        decided_at=at,
        decided_by=by,
        decision_text=text,
        runs_from=starts,
        until=until,
    )


@transaction.atomic
def take_back_exemption(*, exemption: Exemption, by: User, at: datetime, revision: int | None = None) -> Exemption:
    """The institute does not want it any more, asked for or granted; a granted one ends and the duty is back.

    Raises `NotAllowed`, `NotPossibleNow` and `ChangedMeanwhile`: who wanted to take back what was asked for is told
    that it was granted meanwhile, instead of losing that.
    """
    duty = locked_duty(exemption.obligation)
    locked = _locked(exemption)
    require_member(by, Permission.ASK_EXEMPTIONS, locked.organization)
    if locked.state not in {ExemptionState.ASKED, ExemptionState.GRANTED}:
        _refuse_if_closed(locked)
    require_revision(duty, revision)
    if locked.state == ExemptionState.ASKED:
        EXEMPTION_STATES.move(locked, ExemptionState.TAKEN_BACK, taken_back_at=at, taken_back_by=by)
    else:
        EXEMPTION_STATES.move(
            locked,
            ExemptionState.ENDED,
            taken_back_at=at,
            taken_back_by=by,
            ended_at=at,
            why_ended=ExemptionEnd.GIVEN_UP,
        )
    step(duty)
    settle(projects=[duty.project_id], at=at)
    return locked


def _locked(exemption: Exemption) -> Exemption:
    rows = Exemption.objects.select_related("organization", "decided_by", "taken_back_by", "extends")
    return rows.select_for_update(of=["self"]).get(pk=exemption.pk)


def _refuse_if_closed(exemption: Exemption) -> None:
    """Raise `NotPossibleNow` with who did what, for whoever came second."""
    if exemption.state == ExemptionState.ENDED:
        raise NotPossibleNow(_("This exemption has ended."))
    if exemption.state == ExemptionState.TAKEN_BACK:
        raise NotPossibleNow(_("The institute took this back before you."))
    if exemption.state != ExemptionState.ASKED:
        raise NotPossibleNow(
            _("%(name)s decided this before you: %(outcome)s.")
            % {"name": exemption.decided_by, "outcome": exemption.get_state_display()}
        )


def _refuse_outside_window(running: Exemption, today: date) -> None:
    assert running.until is not None
    first, last = add_months(running.until, -EXTENSION_WINDOW_MONTHS), running.until - timedelta(days=1)
    if not first <= today <= last:
        days = {"from": date_format(first, "SHORT_DATE_FORMAT"), "to": date_format(last, "SHORT_DATE_FORMAT")}
        raise NotPossibleNow(_("An extension can be asked for from %(from)s to %(to)s.") % days)


def _check(ground: str, text: str) -> None:
    if ground not in ExemptionGround.values:
        raise DomainError(_("Choose a ground."), field="ground")
    if not text:
        raise DomainError(_("Explain the ground in a sentence or two."), field="text")
    if len(text) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field="text")


def _check_until(ground: str, until: date, starts: date, *, field: str) -> None:
    most = last_day(starts, months=most_months(ground))
    if not starts < until <= most:
        days = {"from": date_format(starts, "SHORT_DATE_FORMAT"), "to": date_format(most, "SHORT_DATE_FORMAT")}
        raise DomainError(_("Choose a day after %(from)s and not after %(to)s.") % days, field=field)
