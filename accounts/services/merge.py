"""Two organizations become one: an officer proposes, another one carries it out (lessons F67, F9).

Every service here locks both organizations, and what was merged into the first before, in the order of their keys, then
the proposal (lessons F17).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from accounts.enums import (
    INVITATION_STATES,
    MEMBERSHIP_STATES,
    MERGE_STATES,
    InvitationState,
    MembershipState,
    MergeState,
    OrganizationKind,
    Role,
)
from accounts.events import Fate, Part, organizations_merged, organizations_merging
from accounts.models import Invitation, Membership, MergeProposal, Organization, User
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow

OWN_FIELDS = frozenset(
    {
        "accounts.Organization.merged_into",
        "accounts.Membership.organization",
        "accounts.Invitation.organization",
        "accounts.MergeProposal.gone",
        "accounts.MergeProposal.into",
        "accounts.BusinessProfile.organization",
    }
)
"""What `merge` itself answers for: see `_settle_people` and `_follow`."""


class MergeBlocked(Conflict):
    """Something of `gone` has to be ended first, or nobody says what becomes of it. `reasons` are sentences."""

    code = "merge_blocked"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(_("This has to be ended first: %(what)s.") % {"what": "; ".join(reasons)})
        self.reasons = reasons


@dataclass(frozen=True)
class Line:
    """One line of the summary: how many rows of what, and what becomes of them."""

    what: str
    fate: Fate
    count: int


@dataclass(frozen=True)
class Summary:
    """What a merge would do now. `unanswered`: fields that refer to `gone` and that no app answers for."""

    lines: list[Line]
    unanswered: list[str]

    @property
    def reasons(self) -> list[str]:
        """Why it cannot be done yet."""
        said = [f"{line.what} ({line.count})" for line in self.lines if line.fate is Fate.STOPS]
        return [*said, *self.unanswered]


def fields_naming_organizations() -> dict[str, type[Model]]:
    """Every foreign key of the house to an organization, as "app.Model.field"; history tables left out."""
    found: dict[str, type[Model]] = {}
    for model in apps.get_models(include_auto_created=True):  # with the rows behind many-to-many
        if issubclass(model, pghistory.models.Event):
            continue
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is Organization:
                found[f"{model._meta.label}.{field.name}"] = model
    return found


def survey(*, gone: Organization, into: Organization) -> list[Part]:
    """What each app says about the rows that refer to `gone`."""
    answers: list[Any] = list(organizations_merging.send(sender=Organization, gone=gone, into=into))
    return [part for _receiver, parts in answers for part in parts]


def summarise(*, gone: Organization, into: Organization) -> Summary:
    """What merging would do at this moment; reads only."""
    return _summary(survey(gone=gone, into=into), gone)


@transaction.atomic
def propose_merge(*, gone: Organization, into: Organization, reason: str, by: User, at: datetime) -> MergeProposal:
    """Say that `gone` is `into`. Raises `NotAllowed`, `DomainError` naming the field, `NotPossibleNow`."""
    gone, into = _lock_both(gone, into)
    _refuse_unless_officer(by, gone, into)
    _refuse_unless_fitting(gone, into)
    if not reason.strip():
        raise DomainError(_("Say why they are the same organization."), field="reason")
    if gone.merges_from.filter(state=MergeState.PROPOSED).exists():
        raise NotPossibleNow(_("It is proposed already that “%(name)s” is merged.") % {"name": gone.name})
    return MergeProposal.objects.create(gone=gone, into=into, reason=reason.strip(), proposed_by=by, proposed_at=at)


@transaction.atomic
def merge(*, gone: Organization, into: Organization, reason: str, by: User, at: datetime) -> MergeProposal:
    """Carry out what another officer proposed of these two.

    Rows that go on are moved, history is kept. Raises `MergeBlocked` naming what has to be ended first, `NotAllowed`
    for whoever proposed it, is no officer or belongs to one of them, `NotPossibleNow` without a proposal.
    """
    gone, into = _lock_both(gone, into)
    _refuse_unless_officer(by, gone, into)
    proposal = _lock_open(gone, into)
    _refuse_own(proposal, by)
    _refuse_unless_fitting(gone, into)
    parts = survey(gone=gone, into=into)
    if reasons := _summary(parts, gone).reasons:
        raise MergeBlocked(reasons)
    MERGE_STATES.move(proposal, MergeState.CARRIED_OUT, decided_by=by, decided_at=at, decision_reason=reason.strip())
    for part in parts:
        if part.fate is Fate.MOVED:
            part.move(into)
    _settle_people(gone, into, by, at)
    _follow(gone, into)
    organizations_merged.send(sender=MergeProposal, proposal=proposal, at=at)
    return proposal


@transaction.atomic
def decline_merge(*, proposal: MergeProposal, reason: str, by: User, at: datetime) -> MergeProposal:
    """Another officer says that they are two. Raises as `merge`, and `DomainError` without a reason."""
    gone, into = _lock_both(proposal.gone, proposal.into)
    _refuse_unless_officer(by, gone, into)
    locked = _lock_open(gone, into)
    _refuse_own(locked, by)
    if not reason.strip():
        raise DomainError(_("Say why they are not merged."), field="reason")
    MERGE_STATES.move(locked, MergeState.DECLINED, decided_by=by, decided_at=at, decision_reason=reason.strip())
    return locked


@transaction.atomic
def withdraw_merge(*, proposal: MergeProposal, by: User, at: datetime) -> MergeProposal:
    """Who proposed it takes it back. Raises `NotAllowed` for others, `NotPossibleNow` once it is decided."""
    gone, into = _lock_both(proposal.gone, proposal.into)
    locked = _lock_open(gone, into)
    if locked.proposed_by_id != by.pk:
        raise NotAllowed(_("Only the officer who proposed it takes it back."))
    MERGE_STATES.move(locked, MergeState.WITHDRAWN, decided_at=at)
    return locked


def _lock_both(gone: Organization, into: Organization) -> tuple[Organization, Organization]:
    """With all that was merged into `gone`, which follows it: in one statement, in the order of their keys, as whoever
    locks a whole family does. Fully: a row that begins to refer to one of them waits, and so do we for it.

    Raises `ChangedMeanwhile` where another merge, for which we waited, put something more into `gone`: that is not
    locked, and would come out of order. Once `gone` is ours no other merge puts anything into it.
    """
    named = Q(pk__in=[gone.pk, into.pk]) | Q(merged_into__in=[gone.pk])
    rows = Organization.objects.filter(named).order_by("pk").select_for_update()
    locked = {organization.pk: organization for organization in rows}
    if Organization.objects.filter(merged_into=gone.pk).exclude(pk__in=locked).exists():
        raise ChangedMeanwhile(_("Somebody else is changing this just now. Try again in a moment."))
    return locked[gone.pk], locked[into.pk]


def _lock_open(gone: Organization, into: Organization) -> MergeProposal:
    opened = MergeProposal.objects.select_for_update(of=["self"]).filter(
        gone=gone, into=into, state=MergeState.PROPOSED
    )
    proposal = opened.first()
    if proposal is None:
        raise NotPossibleNow(_("No open proposal says so. Another officer has to propose it first."))
    return proposal


def _refuse_unless_officer(by: User, *organizations: Organization) -> None:
    """Inside the lock: whoever is no officer any more, or belongs to one of them, decides nothing."""
    by.forget_memberships()
    if not organizations_with(by, Permission.MERGE_ORGANIZATIONS):
        raise NotAllowed(_("Only a manager of a government office merges organizations."))
    if by.memberships.open().filter(organization__in=organizations).exists():
        raise NotAllowed(_("You belong to one of the two. An officer who does not has to do this."))


def _refuse_own(proposal: MergeProposal, by: User) -> None:
    if proposal.proposed_by_id == by.pk:
        raise NotAllowed(_("You proposed it. Another officer has to decide."))


def _refuse_unless_fitting(gone: Organization, into: Organization) -> None:
    if gone.pk == into.pk:
        raise DomainError(_("These are the same organization. Choose two."), field="into")
    for organization, name in ((gone, "gone"), (into, "into")):
        if organization.is_gone:
            message = _("“%(name)s” was merged into another one already.")
            raise NotPossibleNow(message % {"name": organization.name}, field=name)
    if gone.kind != into.kind:
        raise DomainError(_("Only organizations of the same kind are merged."), field="into")
    if gone.kind == OrganizationKind.GOVERNMENT:
        raise DomainError(_("Government offices are not merged here."), field="gone")


def _summary(parts: list[Part], gone: Organization) -> Summary:
    counted: dict[tuple[str, Fate], int] = {}
    for part in parts:
        if count := part.rows.count():
            key = (str(part.what), part.fate)
            counted[key] = counted.get(key, 0) + count
    lines = [Line(what, fate, count) for (what, fate), count in counted.items()]
    answered = {part.field for part in parts} | OWN_FIELDS
    unanswered = [
        label
        for label, model in fields_naming_organizations().items()
        if label not in answered and model._base_manager.filter(**{label.rsplit(".", 1)[1]: gone}).exists()
    ]
    return Summary(sorted(lines, key=lambda line: (line.fate, line.what)), sorted(unanswered))


def _settle_people(gone: Organization, into: Organization, by: User, at: datetime) -> None:
    """Who asked or was invited need not come any more; the survivor's managers read the history as viewers."""
    for membership in gone.memberships.select_for_update().filter(state=MembershipState.REQUESTED).order_by("pk"):
        MEMBERSHIP_STATES.move(membership, MembershipState.DECLINED, decided_at=at, decided_by=by)
    sent = Invitation.objects.select_for_update().filter(organization=gone, state=InvitationState.PENDING)
    for invitation in sent.order_by("pk"):
        INVITATION_STATES.move(invitation, InvitationState.REVOKED)
    for organization in (gone, *gone.merged_from.order_by("pk")):
        let_managers_read(organization, into, by=by, at=at)


def let_managers_read(gone: Organization, into: Organization, *, by: User, at: datetime) -> None:
    """Every manager of `into` becomes a viewer of `gone`, where no member yet."""
    members = Membership.objects.open().filter(organization=gone).values("user")
    for manager in Membership.objects.managers().filter(organization=into).exclude(user__in=members).order_by("pk"):
        Membership.objects.create(
            user_id=manager.user_id,
            organization=gone,
            role=Role.VIEWER,
            state=MembershipState.ACTIVE,
            decided_at=at,
            decided_by=by,
        )


def _follow(gone: Organization, into: Organization) -> None:
    """`gone`, and whatever was merged into it before (`_lock_both` holds it): straight to the one that stands."""
    for organization in (gone, *gone.merged_from.order_by("pk")):
        organization.merged_into = into
        organization.save(update_fields=["merged_into", "updated_at"])
