"""A technology does a duty, or does it no more; an officer says that it truly does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, require_member
from marketplace.core.days import last_day
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy
from obligations import notices
from obligations.enums import DUTY_STATES, DutyKind, DutyState, VerifiedHow, WhyEnded
from obligations.models import Discharge, Obligation
from obligations.services.asking import is_officer_with, require_officer, require_revision
from obligations.services.secrecy import SecurityProject
from obligations.services.settle import lock_projects, settle
from tech_listings.enums import RightSummary
from tech_listings.models import Listing


class NotPossibleNow(Conflict):
    """The state of the duty does not allow this."""

    code = "duty_not_open"


def locked_duty(obligation: Obligation) -> Obligation:
    """The duty, held with its project."""
    lock_projects([obligation.project_id])
    rows = Obligation.objects.select_related("project", "result", "institute", "rule")
    locked = rows.select_for_update(of=["self"], no_key=True).get(pk=obligation.pk)
    if locked.project.is_security:
        raise SecurityProject(_("Nothing of a security project is listed."))
    return locked


def step(duty: Obligation) -> None:
    """Whoever has the duty open is told that something about it changed; the caller holds it."""
    duty.revision += 1
    duty.save(update_fields=["revision", "updated_at"])


@transaction.atomic
def discharge(
    *, obligation: Obligation, listing: Listing, by: User, at: datetime, revision: int | None = None
) -> Discharge:
    """Say that a published technology is what this duty is about. Twice is the same as once.

    The technology belongs to the institute that owes, or to one that takes part in the project. Locks the technology,
    then the project. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `SecurityProject`, and `DomainError`
    naming the field.
    """
    technology = Listing.objects.select_for_update(of=["self"], no_key=True).get(pk=listing.pk)
    duty = locked_duty(obligation)
    require_member(by, Permission.EDIT_RESULTS, duty.institute)
    if duty.kind != DutyKind.LISTING:
        raise DomainError(_("A report is not handed in by listing a technology."))
    if duty.state in {DutyState.DROPPED, DutyState.EXEMPT}:
        raise NotPossibleNow(_("This is “%(state)s”: nothing has to be listed.") % {"state": duty.get_state_display()})
    if not technology.is_public:
        raise DomainError(_("Publish the technology first."), field="listing")
    if technology.right_summary == RightSummary.LAPSED:
        raise DomainError(_("The rights of this technology have lapsed."), field="listing")
    if not takes_part(technology.holder_id, duty):
        raise DomainError(_("This technology is held by somebody who has no part in the project."), field="listing")
    if live := Discharge.objects.live().filter(obligation=duty, listing=technology).first():
        return live
    require_revision(duty, revision)
    found, is_new = Discharge.objects.get_or_create(obligation=duty, listing=technology, defaults={"at": at, "by": by})
    if not is_new:
        Discharge.objects.filter(pk=found.pk).update(ended_at=None, ended_by=None, why_ended="", at=at, by=by)
        found.refresh_from_db()
    step(duty)
    settle(projects=[duty.project_id], at=at)
    return found


def takes_part(holder_id: int, duty: Obligation) -> bool:
    """Whether this organization owes the duty, or leads its project or takes part in it."""
    if holder_id in {duty.institute_id, duty.project.lead_id}:
        return True
    return Organization.objects.filter(Q(pk=holder_id) & Q(partner_projects=duty.project)).exists()


@transaction.atomic
def undischarge(
    *, obligation: Obligation, listing: Listing, by: User, at: datetime, revision: int | None = None
) -> None:
    """Say that this technology is not it after all; the duty may be open again. It is not found by itself any more.

    The institute that owes says so, or an officer who looked at it.
    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`.
    """
    duty = locked_duty(obligation)
    works_there = has_permission(by, Permission.EDIT_RESULTS, duty.institute)
    if not works_there and is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        require_officer(by, Permission.VERIFY_OBLIGATIONS, duty.institute)
    elif not works_there:
        require_member(by, Permission.EDIT_RESULTS, duty.institute)
    live = Discharge.objects.live().filter(obligation=duty, listing=listing)
    if not live.exists():
        raise NotPossibleNow(_("This technology does not count for the duty any more."))
    require_revision(duty, revision)
    live.update(ended_at=at, ended_by=by, why_ended=WhyEnded.UNDONE)
    step(duty)
    settle(projects=[duty.project_id], at=at)


@transaction.atomic
def need_listings(
    *, obligation: Obligation, count: int, by: User, at: datetime, revision: int | None = None
) -> Obligation:
    """An officer says how many technologies this result has to be listed as. Raises as `accept_extension` does."""
    duty = locked_duty(obligation)
    require_officer(by, Permission.VERIFY_OBLIGATIONS, duty.institute)
    require_revision(duty, revision)
    if not 1 <= count <= 100:
        raise DomainError(_("Between 1 and 100 technologies."), field="count")
    duty.listings_needed, duty.revision = count, duty.revision + 1
    duty.save(update_fields=["listings_needed", "revision", "updated_at"])
    settle(projects=[duty.project_id], at=at)
    duty.refresh_from_db()
    return duty


@transaction.atomic
def verify(*, obligation: Obligation, by: User, at: datetime, revision: int | None = None) -> Obligation:
    """An officer has looked: what is said to be done is done. `revision` is the one the officer saw.

    Raises `NotAllowed`, `ChangedMeanwhile`, `NotPossibleNow`.
    """
    duty = locked_duty(obligation)
    require_officer(by, Permission.VERIFY_OBLIGATIONS, duty.institute)
    if duty.state == DutyState.VERIFIED:
        raise NotPossibleNow(_("This was verified before you: %(who)s.") % {"who": duty.verified_by or _("by itself")})
    require_revision(duty, revision)
    if duty.state != DutyState.LISTED:
        raise NotPossibleNow(
            _("This is “%(state)s”: there is nothing to verify.") % {"state": duty.get_state_display()}
        )
    DUTY_STATES.move(
        duty,
        DutyState.VERIFIED,
        verified_at=at,
        verified_by=by,
        verified_how=VerifiedHow.OFFICER,
        revision=duty.revision + 1,
    )
    return duty


@dataclass(frozen=True)
class LeftOut:
    """A duty of a batch that was not verified, and why, in words for the officer."""

    obligation: Obligation
    why: str


def verify_many(
    *, seen: Sequence[tuple[Obligation, int]], by: User, at: datetime
) -> tuple[list[Obligation], list[LeftOut]]:
    """Verify each as `verify` does, in a transaction of its own; `seen` says at which revision the officer saw it.

    What changed meanwhile, or is not this officer's to verify, is left out and said: it holds up none of the others.
    """
    done: list[Obligation] = []
    left_out: list[LeftOut] = []
    for obligation, revision in seen:
        try:
            done.append(verify(obligation=obligation, by=by, at=at, revision=revision))
        except (Conflict, NotAllowed) as refusal:
            left_out.append(LeftOut(obligation, str(refusal)))
    return done, left_out


@transaction.atomic
def accept_extension(
    *, obligation: Obligation, until: date, reason: str, by: User, at: datetime, revision: int | None = None
) -> Obligation:
    """An officer accepts a reason for delay: the duty is due by `until`, a day in Korea, at the latest.

    Each accepted reason gives at most the rule's `reason_months`, all together at most `ceiling_months`.
    Raises `NotAllowed`, `ChangedMeanwhile`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    duty = locked_duty(obligation)
    require_officer(by, Permission.VERIFY_OBLIGATIONS, duty.institute)
    require_revision(duty, revision)
    if duty.state != DutyState.DUE:
        raise NotPossibleNow(_("This is “%(state)s”: no date to move.") % {"state": duty.get_state_display()})
    if not tidy(reason):
        raise DomainError(_("Say which reason is accepted."), field="reason")
    most = min(last_day(duty.deadline, months=duty.rule.reason_months), duty.latest_on)
    if most <= duty.deadline:
        raise NotPossibleNow(_("The law gives no more time for this."))
    if not duty.deadline < until <= most:
        wanted = {"from": date_format(duty.deadline, "SHORT_DATE_FORMAT"), "to": date_format(most, "SHORT_DATE_FORMAT")}
        raise DomainError(_("Choose a day after %(from)s and not after %(to)s.") % wanted, field="until")
    duty.extended_to, duty.extended_at, duty.extended_by = until, at, by
    duty.extension_reason, duty.revision = tidy(reason)[:500], duty.revision + 1
    duty.save(update_fields=["extended_to", "extended_at", "extended_by", "extension_reason", "revision", "updated_at"])
    notices.extension_accepted(duty, at)
    return duty
