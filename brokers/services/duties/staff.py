"""Qualified staff of an agency: named by it, confirmed by the person, and left with a last day."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Membership, Organization, User
from accounts.roles import Permission, has_permission, require_member
from brokers.enums.duties import ChangeKind
from brokers.enums.registration import STAFF_STATES, StaffState
from brokers.models import StaffEntry
from brokers.notices import duties as notices
from brokers.services.asking import is_member
from brokers.services.duties.asking import agency_of
from brokers.services.duties.changes import suggest_change
from brokers.services.duties.minimum import settle_of_organization
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow

ONE_AGENCY, NAMED_ONCE = "staff_counts_for_one_agency", "staff_named_once"
FURTHEST = timedelta(days=366)


@transaction.atomic
def name_staff(*, organization: Organization, user: User, from_on: date, by: User, at: datetime) -> StaffEntry:
    """Name a member as full-time qualified staff from a day on; the person is told and has to confirm.

    Raises `NotAllowed`, `NotPossibleNow` where the person counts for another agency, which is not named here, and
    `DomainError` naming the field.
    """
    _lock_person(user)
    require_member(by, Permission.NAME_STAFF, organization)
    if organization.kind != OrganizationKind.BROKER:
        raise NotAllowed(_("Only brokers name qualified staff."))
    if not Membership.objects.active().filter(organization=organization, user=user).exists():
        raise DomainError(_("Choose a member of your organization. Invite the person first."), field="user")
    if not is_plausible(from_on) or from_on > timezone.localdate(at) + FURTHEST:
        raise DomainError(_("Write the first day of work, at most a year ahead."), field="from_on")
    entries = StaffEntry.objects.filter(user=user)
    if entries.open().filter(organization=organization).exists():
        raise NotPossibleNow(_("This person is named already."))
    if _elsewhere(user, organization, from_on):
        raise NotPossibleNow(_("This person counts for another agency at that time, and has to leave there first."))
    try:
        with transaction.atomic():
            entry = StaffEntry.objects.create(
                organization=organization, user=user, from_on=from_on, named_at=at, named_by=by
            )
    except IntegrityError as error:
        if NAMED_ONCE not in str(error):
            raise
        raise NotPossibleNow(_("This person is named already.")) from None
    notices.staff("staff_named", entry, [user], at)
    return entry


@transaction.atomic
def answer_staff(*, entry: StaffEntry, accept: bool, by: User, at: datetime) -> StaffEntry:
    """The person confirms to work there full time, or declines. From then on the entry counts.

    Raises `NotAllowed`, and `NotPossibleNow`: the person reads there for which other agency they count.
    """
    _lock_person(by)
    locked = _locked(entry)
    if locked.user_id != by.pk:
        raise NotAllowed(_("Only the person can say this."))
    if locked.state != StaffState.NAMED:
        raise NotPossibleNow(_("This is “%(state)s” meanwhile.") % {"state": locked.get_state_display()})
    if not accept:
        STAFF_STATES.move(locked, StaffState.DECLINED, answered_at=at)
        notices.staff("staff_declined", locked, notices.namers(locked.organization), at)
        return locked
    if not is_member(by, locked.organization_id):
        raise NotPossibleNow(_("You are no member of this agency any more."))
    if other := _elsewhere(by, locked.organization, locked.from_on):
        raise NotPossibleNow(_counts_at(other))
    try:
        with transaction.atomic():
            STAFF_STATES.move(locked, StaffState.CONFIRMED, answered_at=at)
    except IntegrityError as error:
        if ONE_AGENCY not in str(error):
            raise
        raise NotPossibleNow(_("You count for another agency already. Leave there first.")) from None
    notices.staff("staff_confirmed", locked, notices.namers(locked.organization), at)
    # The staff changed when the person said so, not before: nobody is late with what was named late.
    _suggest(
        locked, "joined", max(locked.from_on, timezone.localdate(at)), _("%(name)s joined the qualified staff."), at
    )
    settle_of_organization(organization=locked.organization, at=at)
    return locked


@transaction.atomic
def end_staff(*, entry: StaffEntry, until_on: date, by: User, at: datetime) -> StaffEntry:
    """The agency or the person says which day is the last. Until then the person counts.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    _lock_person(entry.user)
    locked = _locked(entry)
    if locked.user_id != by.pk and not has_permission(by, Permission.NAME_STAFF, locked.organization):
        raise NotAllowed(_("Only the person, or who names the staff, can say this."))
    if locked.state not in {StaffState.NAMED, StaffState.CONFIRMED}:
        raise NotPossibleNow(_("This is “%(state)s” meanwhile.") % {"state": locked.get_state_display()})
    if until_on < locked.from_on and locked.state == StaffState.CONFIRMED:
        day = date_format(locked.from_on, "SHORT_DATE_FORMAT")
        raise DomainError(_("The last day is not before the first one, %(day)s.") % {"day": day}, field="until_on")
    if not is_plausible(until_on) or until_on > timezone.localdate(at) + FURTHEST:
        raise DomainError(_("Write the last day of work, at most a year ahead."), field="until_on")
    _end(locked, until_on, by, at)
    return locked


@transaction.atomic
def end_with_membership(*, organization: Organization, user: User, by: User | None, at: datetime) -> None:
    """Who is no member any more is no staff from that day on."""
    today = timezone.localdate(at)
    rows = StaffEntry.objects.filter(organization=organization, user=user)
    ahead = Q(state=StaffState.ENDED, until_on__gt=today, answered_at__isnull=False)
    wanted = rows.filter(ahead) | rows.open()
    _lock_person(user)
    for entry in wanted.select_related("organization", "user").order_by("pk").select_for_update(of=["self"]):
        if entry.state == StaffState.ENDED:
            entry.until_on = max(today, entry.from_on)
            entry.save(update_fields=["until_on", "updated_at"])
            settle_of_organization(organization=organization, at=at)
        else:
            _end(entry, max(today, entry.from_on), by, at)


def _end(entry: StaffEntry, until_on: date, by: User | None, at: datetime) -> None:
    counted = entry.state == StaffState.CONFIRMED
    STAFF_STATES.move(entry, StaffState.ENDED, until_on=until_on, ended_at=at, ended_by=by)
    told = [*notices.namers(entry.organization), entry.user]
    notices.staff("staff_left", entry, [user for user in told if by is None or user.pk != by.pk], at)
    if counted:
        _suggest(entry, "left", until_on, _("%(name)s left the qualified staff."), at)
        settle_of_organization(organization=entry.organization, at=at)


def _suggest(entry: StaffEntry, what: str, day: date, text: str, at: datetime) -> None:
    """A change of the staff of a registered agency has to be told."""
    agency = agency_of(entry.organization)
    if agency is not None:
        suggest_change(
            registration=agency, kind=ChangeKind.STAFF, text=text % {"name": entry.user}, happened_on=day,
            key=f"staff:{entry.public_id}:{what}", at=at,
        )  # fmt: skip


def _elsewhere(user: User, organization: Organization, from_on: date) -> StaffEntry | None:
    """The entry by which the person counts for another agency on `from_on` or later."""
    rows = StaffEntry.objects.filter(user=user).exclude(organization=organization).select_related("organization")
    ahead = Q(state=StaffState.ENDED, answered_at__isnull=False, until_on__gte=from_on)
    return rows.filter(Q(state=StaffState.CONFIRMED) | ahead).first()


def _counts_at(other: StaffEntry) -> str:
    if other.until_on:
        day = date_format(other.until_on, "SHORT_DATE_FORMAT")
        return _("You count for “%(name)s” until %(day)s.") % {"name": other.organization, "day": day}
    return _("You count for “%(name)s”. Leave there first.") % {"name": other.organization}


def _lock_person(user: User) -> None:
    """Everything about one person's work passes here one by one."""
    User.objects.select_for_update(of=["self"], no_key=True).get(pk=user.pk)


def _locked(entry: StaffEntry) -> StaffEntry:
    rows = StaffEntry.objects.select_related("organization", "user").select_for_update(of=["self"])
    return rows.get(pk=entry.pk)
