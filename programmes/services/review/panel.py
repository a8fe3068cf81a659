"""The panel of a call: who is asked, who takes part, who has a tie to whom, and what they score."""

from collections.abc import Mapping
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy
from programmes.enums.applications import RUNNING, ApplicationState
from programmes.enums.review import PANELIST_STATES, PanelistState
from programmes.models import Application, Call, Declaration, Panelist, Score
from programmes.models.applications import LONG_TEXT, SHORT_TEXT
from programmes.notices import review as notices
from programmes.queries.ties import own_firms, tie_with
from programmes.scheme import Scheme
from programmes.services.review.acting import (
    locked_application,
    locked_call,
    require_going,
    require_officer_of_all,
    text_of,
)


@transaction.atomic
def invite(*, call: Call, email: str, by: User, at: datetime) -> Panelist:
    """Ask a person with a confirmed address to score this call's applications. Asked twice is asked once.

    Nobody of an applicant: who has a place on the panel scores all others for the same money. A relative is asked, and
    kept from what it has to do with (`declare`). Who has a tie to an applicant asks and removes nobody: `NotAllowed`.
    """
    locked = locked_call(call)
    require_officer_of_all(by, locked)
    require_going(locked)
    address = EmailAddress.objects.filter(email__iexact=email.strip(), verified=True, user__is_active=True).first()
    if address is None:
        raise DomainError(
            _("Nobody with this confirmed address has an account. Ask the person to sign up first."), field="email"
        )
    if locked.is_rehearsal and not _is_inside(address.user, locked):
        raise DomainError(
            _("A rehearsal is read by members of your office only. Invite somebody of your office."), field="email"
        )
    here = locked.panelists.filter(user=address.user, state__in=[PanelistState.INVITED, PanelistState.ACCEPTED]).first()
    if here is not None:
        return here
    if locked.applications.filter(state__in=RUNNING, organization__in=own_firms(address.user)).exists():
        raise DomainError(
            _("This person belongs to a firm that applied in this call. Ask somebody else."), field="email"
        )
    made = Panelist.objects.create(call=locked, user=address.user, invited_by=by, invited_at=at)
    notices.invited(made)
    return made


def _is_inside(user: User, call: Call) -> bool:
    return any(each.organization_id == call.office_id for each in user.active_memberships())


@transaction.atomic
def answer_invitation(*, panelist: Panelist, accept: bool, by: User, at: datetime) -> Panelist:
    """The person asked says yes or no; the same answer again changes nothing."""
    locked = _locked(panelist)
    if locked.user_id != by.pk:
        raise NotAllowed(_("Only the person who was asked answers."))
    to = PanelistState.ACCEPTED if accept else PanelistState.DECLINED
    if locked.state == to:
        return locked
    PANELIST_STATES.move(locked, to, answered_at=at)
    return locked


@transaction.atomic
def remove(*, panelist: Panelist, by: User, at: datetime) -> Panelist:
    """Take a member out. What it handed in stays and no longer counts."""
    call = locked_call(panelist.call)
    require_officer_of_all(by, call)
    locked = _locked(panelist)
    if call.selections.under_way().exists():
        raise NotPossibleNow(_("A selection made from these scores is proposed. Send it back first."))
    PANELIST_STATES.move(locked, PanelistState.REMOVED, removed_by=by, removed_at=at)
    return locked


@transaction.atomic
def declare(
    *, panelist: Panelist, application: Application, has_conflict: bool, text: str = "", by: User, at: datetime
) -> Declaration:
    """Say once whether there is a tie to the applicant, before its application can be read.

    A tie that the platform finds by itself, or that was declared on an earlier seat, counts whatever is said now. A
    second declaration is refused.
    """
    asked = locked_application(application)
    locked = _member(panelist, by)
    _require_of_the_call(locked, asked)
    if Declaration.objects.filter(panelist=locked, application=asked).exists():
        raise NotPossibleNow(_("You have declared this already. Ask the office where it was a mistake."))
    said = tidy(text)
    if found := _earlier_tie(by, asked) or tie_with(by, asked.organization):
        has_conflict, said = True, said or found
    if has_conflict:
        said = text_of(said, most=SHORT_TEXT, field="text", missing=_("Say which tie there is."))
    return Declaration.objects.create(
        panelist=locked, application=asked, has_conflict=has_conflict, text=said[:SHORT_TEXT], declared_at=at
    )


@transaction.atomic
def save_score(
    *, panelist: Panelist, application: Application, points: Mapping[str, int | None], text: str = "",
    hand_in: bool = False, by: User, at: datetime,
) -> Score:  # fmt: skip
    """Keep points by criterion, as often as wished; `hand_in` fixes them, and needs every criterion.

    Raises `DomainError` naming `points.<key>`, `NotAllowed` without a declaration that there is no tie. Not while a
    selection is proposed from the scores. Locks: call, application, seat.
    """
    call = locked_call(application.call)
    asked = locked_application(application)
    locked = _member(panelist, by)
    _require_of_the_call(locked, asked)
    _require_untied(locked, asked, by)
    if asked.state != ApplicationState.ELIGIBLE:
        raise NotPossibleNow(_("Only eligible applications are scored. This one is “%(state)s” now.") % {
            "state": asked.get_state_display()
        })  # fmt: skip
    if call.selections.under_way().exists():
        raise NotPossibleNow(_("A selection is proposed from the scores that were handed in."))
    kept = _points(Scheme.from_json(asked.version.content), points, complete=hand_in)
    said = tidy(text)
    if len(said) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field="text")
    score = Score.objects.select_for_update(of=["self"]).filter(panelist=locked, application=asked).first()
    if score is not None and score.handed_in_at is not None:
        raise NotPossibleNow(_("You have handed this score in. It stays as it is."))
    score = score or Score(panelist=locked, application=asked)
    score.points, score.total, score.text = kept, sum(kept.values()), said
    score.handed_in_at = at if hand_in else None
    score.save()
    return score


def _points(scheme: Scheme, given: Mapping[str, int | None], *, complete: bool) -> dict[str, int]:
    known = {each.key: each for each in scheme.criteria}
    if unknown := sorted(set(given) - set(known)):
        raise DomainError(_("There is no criterion “%(key)s”.") % {"key": unknown[0]}, field="points")
    kept = {}
    for key, criterion in known.items():
        value = given.get(key)
        if value is None:
            if complete:
                raise DomainError(_("Give points for every criterion."), field=f"points.{key}")
            continue
        if not 0 <= value <= criterion.most:
            raise DomainError(_("From 0 to %(most)d points.") % {"most": criterion.most}, field=f"points.{key}")
        kept[key] = value
    return kept


def _locked(panelist: Panelist) -> Panelist:
    return Panelist.objects.select_for_update(of=["self"], no_key=True).select_related("call", "user").get(
        pk=panelist.pk
    )  # fmt: skip


def _member(panelist: Panelist, by: User) -> Panelist:
    """The own seat of `by`, under its lock, so that nobody scores while it is taken out."""
    locked = _locked(panelist)
    if locked.user_id != by.pk or locked.state != PanelistState.ACCEPTED:
        raise NotAllowed(_("Only members of the panel do this, each for themselves."))
    return locked


def _require_of_the_call(panelist: Panelist, application: Application) -> None:
    if panelist.call_id != application.call_id:
        raise NotAllowed(_("This application belongs to another call."))
    require_going(application.call)


def _earlier_tie(by: User, application: Application) -> str:
    """What the same person declared before it was taken out of the panel and asked again."""
    said = Declaration.objects.filter(panelist__user=by, application=application, has_conflict=True)
    return said.values_list("text", flat=True).first() or ""


def _require_untied(panelist: Panelist, application: Application, by: User) -> None:
    said = Declaration.objects.filter(panelist=panelist, application=application).first()
    if said is None:
        raise NotAllowed(_("Say first whether you have a tie to the applicant."))
    if said.has_conflict or tie_with(by, application.organization):
        raise NotAllowed(_("You have a tie to the applicant: others score this application."))
