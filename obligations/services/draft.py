"""From a duty to a draft of its technology, filled with what is known; never twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from marketplace.core.errors import Conflict, DomainError
from obligations.enums import DutyKind, DutyState, ExemptionState
from obligations.models import DutyDraft, Obligation
from obligations.services.discharge import NotPossibleNow, discharge, locked_duty, takes_part
from obligations.services.prefill import Known, gather
from obligations.services.secrecy import SecurityProject
from obligations.services.settle import lock_projects
from obligations.work import drafts_of, same_patents
from tech_listings.enums import FINAL_STATES
from tech_listings.models import Listing
from tech_listings.services.create_drafts import NewDraft, create_drafts

AT_ONCE = 50
"""Duties whose drafts are made in one transaction."""

MOST_CHOSEN = 200


class SamePatent(Conflict):
    """The institute has a technology with this patent number: `listing`. It can be linked instead."""

    code = "same_patent"

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        super().__init__(
            _("%(which)s has the same patent number. Link it, instead of describing the technology a second time.")
            % {"which": listing.number or _("A draft of yours")}
        )


class Drafted(NamedTuple):
    listing: Listing
    is_new: bool


@dataclass
class Batch:
    """What became of the duties that were chosen: technologies made or found, and why others were not made."""

    made: list[Listing] = field(default_factory=list)
    found: list[Listing] = field(default_factory=list)
    refused: list[tuple[Obligation, str]] = field(default_factory=list)


@transaction.atomic
def draft_for(*, obligation: Obligation, by: User, at: datetime, anyway: bool = False) -> Drafted:
    """The draft for a duty: made from result, project and patent record, or the one that is on its way already.

    Registered, it does the duty. Where the institute has a technology with this patent number, that is to be linked;
    `anyway` makes another one. Locks the project, then the duty, then the institute.
    Raises `NotAllowed`, `SecurityProject`, `SamePatent`, `NotPossibleNow`, `DomainError`.
    """
    duty = locked_duty(obligation)
    _require_writer(by, duty.institute)
    refuse_unneeded(duty)
    if earlier := drafts_of([duty]).get(duty.pk):
        return Drafted(earlier, False)
    if not anyway and (same := same_patents([duty]).get(duty.pk)):
        raise SamePatent(same)
    return Drafted(_make([duty], by, at, None)[0], True)


def draft_many(*, obligations: Sequence[Obligation], batch: UUID, by: User, at: datetime) -> Batch:
    """Drafts for up to `MOST_CHOSEN` duties of one institute, `AT_ONCE` in each transaction.

    What cannot be made is left, with the reason. Called again it makes what is still missing, and nothing twice.
    """
    if len(obligations) > MOST_CHOSEN:
        raise DomainError(_("Choose at most %(most)d at once.") % {"most": MOST_CHOSEN})
    done = Batch()
    for start in range(0, len(obligations), AT_ONCE):
        _draft_some(obligations[start : start + AT_ONCE], batch, by, at, done)
    return done


@transaction.atomic
def link_technology(*, obligation: Obligation, listing: Listing, by: User, at: datetime) -> bool:
    """Say that this technology, there already, is what the duty is about; whether it does the duty now.

    A public one does at once, one that is on its way when it is registered. Locks the technology, then the project.
    Raises as `services.discharge.discharge`.
    """
    technology = Listing.objects.select_for_update(of=["self"], no_key=True).get(pk=listing.pk)
    if technology.is_public:
        discharge(obligation=obligation, listing=technology, by=by, at=at)
        return True
    duty = locked_duty(obligation)
    require_member(by, Permission.EDIT_RESULTS, duty.institute)
    refuse_unneeded(duty)
    if not takes_part(technology.holder_id, duty):
        raise DomainError(_("This technology is held by somebody who has no part in the project."), field="listing")
    if technology.state in FINAL_STATES:
        raise NotPossibleNow(_("This technology is over and cannot be registered again."))
    DutyDraft.objects.get_or_create(obligation=duty, listing=technology, defaults={"made_at": at, "made_by": by})
    return False


def refuse_unneeded(duty: Obligation) -> None:
    """Raise, with the reason, where nothing has to be listed for this locked duty."""
    if duty.kind != DutyKind.LISTING:
        raise DomainError(_("A report is not handed in by listing a technology."))
    if duty.state == DutyState.EXEMPT:
        granted = duty.exemptions.filter(state=ExemptionState.GRANTED).first()
        until = date_format(granted.until, "SHORT_DATE_FORMAT") if granted else "–"
        raise NotPossibleNow(_("It is exempt until %(day)s: nothing has to be listed before.") % {"day": until})
    if duty.state != DutyState.DUE:
        raise NotPossibleNow(_("This is “%(state)s”: nothing has to be listed.") % {"state": duty.get_state_display()})


@transaction.atomic
def _draft_some(obligations: Sequence[Obligation], batch: UUID, by: User, at: datetime, done: Batch) -> None:
    projects = {project.pk: project for project in lock_projects({duty.project_id for duty in obligations})}
    rows = Obligation.objects.filter(pk__in=[duty.pk for duty in obligations]).select_related(
        "project", "result", "institute", "rule"
    )
    locked = {duty.pk: duty for duty in rows.select_for_update(of=["self"], no_key=True).order_by("pk")}
    duties = [locked[duty.pk] for duty in obligations]  # in the order chosen, so that the drafts stand in it
    _require_writer(by, *{duty.institute for duty in duties})
    drafts, same = drafts_of(duties), same_patents(duties)
    wanted, numbers = [], set[str]()
    for duty in duties:
        number = duty.result.number if duty.result else ""
        if earlier := drafts.get(duty.pk):
            done.found.append(earlier)
        elif reason := _why_not(duty, projects[duty.project_id].is_security, same.get(duty.pk), number in numbers):
            done.refused.append((duty, reason))
        else:
            wanted.append(duty)
            numbers |= {number} - {""}
    done.made += _make(wanted, by, at, batch)


def _why_not(duty: Obligation, is_security: bool, same: Listing | None, is_twice: bool) -> str:
    try:
        if is_security:
            raise SecurityProject(_("Nothing of a security project is listed."))
        refuse_unneeded(duty)
        if same is not None:
            raise SamePatent(same)
    except DomainError as error:
        return str(error)
    return _("Another one of those chosen has the same patent number: link that one.") if is_twice else ""


def _make(duties: Sequence[Obligation], by: User, at: datetime, batch: UUID | None) -> list[Listing]:
    """Drafts for locked duties of one institute that have none."""
    if not duties:
        return []
    known = gather(duties)
    holder = duties[0].institute
    listings = create_drafts(holder=holder, drafts=[_new(known[duty.pk]) for duty in duties], by=by, at=at)
    DutyDraft.objects.bulk_create(
        [
            DutyDraft(obligation=duty, listing=listing, batch=batch, made_at=at, made_by=by)
            for duty, listing in zip(duties, listings, strict=True)
        ]
    )
    return listings


def _new(known: Known) -> NewDraft:
    return NewDraft(known.content, known.rights, known.origins, known.people)


def _require_writer(by: User, *institutes: Organization) -> None:
    """Who makes drafts works on the institute's results and on its technologies."""
    for institute in institutes:
        require_member(by, Permission.EDIT_RESULTS, institute)
        require_member(by, Permission.EDIT_LISTINGS, institute)
