"""Officers check what was submitted: ask for completion, find it eligible or not, one by one or many together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import last_day
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy
from programmes.enums.applications import APPLICATION_STATES, ApplicationState, Part
from programmes.enums.review import ObjectionState, StepKind
from programmes.models import Application, ApplicationFlag, Call, Objection
from programmes.models.applications import LONG_TEXT, SHORT_TEXT
from programmes.notices import review as notices
from programmes.queries.ties import ties_among
from programmes.scheme import Scheme
from programmes.services.review.acting import (
    locked_application,
    require_going,
    require_officer,
    require_officer_apart,
    require_state,
    text_of,
    write_step,
)

S = ApplicationState
MOST_AT_ONCE = 500
LATEST_DAYS = 90


@transaction.atomic
def ask_completion(
    *, application: Application, parts: Mapping[str, str], due_on: date | None = None, revision: int | None = None,
    by: User, at: datetime,
) -> Application:  # fmt: skip
    """Give it back to the firm: `parts` maps each `Part` to what is missing there, `due_on` is the last day.

    Without a day it is the one of the call's clock. Asked again, while it is with the firm, for a later day: the office
    is who may give one when the first is over, and without `parts` what was missing still is. Raises `DomainError`
    naming `parts` or `due_on`.
    """
    locked = _begun(application, revision, by)
    require_state(locked, S.SUBMITTED, S.COMPLETION)
    said = {key: tidy(text) for key, text in parts.items() if tidy(text)}
    if not said and locked.state == S.COMPLETION:
        asked = locked.steps.filter(kind=StepKind.COMPLETION_ASKED).order_by("-at", "-pk").first()
        said = dict(asked.data.get("parts", {})) if asked else said
    if unknown := sorted(set(said) - set(Part.values)):
        raise DomainError(_("There is no part “%(key)s”.") % {"key": unknown[0]}, field="parts")
    if not said:
        raise DomainError(_("Name at least one part, and what is missing there."), field="parts")
    if any(len(text) > SHORT_TEXT for text in said.values()):
        raise DomainError(_("At most %(most)d characters for each part.") % {"most": SHORT_TEXT}, field="parts")
    today = timezone.localdate(at)
    scheme = Scheme.from_json(locked.version.content)
    due_on = due_on or last_day(today, days=scheme.days.completion)
    if not today < due_on <= last_day(today, days=LATEST_DAYS):
        raise DomainError(_("Choose a day after today, within %(days)d days.") % {"days": LATEST_DAYS}, field="due_on")
    if locked.complete_by is not None and due_on <= locked.complete_by:
        raise DomainError(_("Choose a day after the one the firm has."), field="due_on")
    text = "\n".join(f"{key}: {words}" for key, words in said.items())
    also = {"complete_by": due_on, "reason": text[:LONG_TEXT], "revision": locked.revision + 1}
    if locked.state == S.COMPLETION:
        for name, value in also.items():
            setattr(locked, name, value)
        locked.save(update_fields=[*also, "updated_at"])
    else:
        APPLICATION_STATES.move(locked, S.COMPLETION, **also)
    step = write_step(
        locked, StepKind.COMPLETION_ASKED, by=by, at=at, text=text[:LONG_TEXT], parts=said, due_on=due_on.isoformat()
    )
    notices.completion_asked(locked, step)
    return locked


@transaction.atomic
def find_eligible(
    *, application: Application, text: str = "", revision: int | None = None, by: User, at: datetime
) -> Application:
    """It goes on to the panel. Every possible tie to another applicant has been looked into before."""
    locked = _begun(application, revision, by)
    require_state(locked, S.SUBMITTED)
    if locked.flags.filter(cleared_at=None).exists():
        raise NotPossibleNow(_("Look into each possible tie to other applicants first, and say what it means."))
    if why := unchecked_contract(locked):
        raise NotPossibleNow(why)
    text = tidy(text)[:LONG_TEXT]
    APPLICATION_STATES.move(
        locked, S.ELIGIBLE, decided_at=at, decided_by=by, reason="", complete_by=None, revision=locked.revision + 1
    )
    write_step(locked, StepKind.ELIGIBLE, by=by, at=at, text=text)
    return locked


def unchecked_contract(application: Application) -> str:
    """What is in the way where the firm entered its contract itself; empty where nothing is."""
    if application.transfer is None or application.transfer.is_settled:
        return ""
    if application.transfer.is_usable:
        return _("The firm entered the contract of its technology itself. Check it first.")
    return _("The contract of its technology was not accepted.")


@transaction.atomic
def find_ineligible(
    *, application: Application, text: str, revision: int | None = None, by: User, at: datetime
) -> Application:
    """Refuse it with reasons that the firm reads; it may object. Raises `DomainError` naming `text`.

    Whose refusal was undone by an objection does not refuse it again: `NotAllowed`.
    """
    locked = _begun(application, revision, by)
    require_state(locked, S.SUBMITTED, S.COMPLETION, S.ELIGIBLE)
    if why := overruled([locked], by).get(locked.pk):
        raise NotAllowed(why)
    reason = text_of(text, most=LONG_TEXT, field="text", missing=_("Give the reasons: the firm reads them."))
    APPLICATION_STATES.move(
        locked, S.INELIGIBLE, decided_at=at, decided_by=by, reason=reason, complete_by=None,
        revision=locked.revision + 1,
    )  # fmt: skip
    step = write_step(locked, StepKind.INELIGIBLE, by=by, at=at, text=reason)
    notices.found_ineligible(locked, step)
    return locked


def overruled(applications: Sequence[Application], by: User) -> dict[int, str]:
    """Of these, by primary key, those that this person does not refuse (again), each with a sentence that says why."""
    undone = Objection.objects.filter(state=ObjectionState.UPHELD, against=S.INELIGIBLE, refused_by=by)
    found = undone.filter(application__in=[each.pk for each in applications]).values_list("application", flat=True)
    return dict.fromkeys(found, _("Your refusal was undone by an objection: another officer has to decide."))


@transaction.atomic
def clear_flag(*, flag: ApplicationFlag, text: str, by: User, at: datetime) -> ApplicationFlag:
    """A person looked into a possible tie and says what it means. The flag and its evidence stay."""
    locked = locked_application(flag.application)
    require_officer_apart(by, locked)
    found = ApplicationFlag.objects.select_for_update(of=["self"]).get(pk=flag.pk)
    if found.cleared_at is not None:
        raise NotPossibleNow(_("Somebody has looked into it already."))
    said = text_of(text, most=SHORT_TEXT, field="text", missing=_("Say what you found out."))
    found.cleared_by, found.cleared_at, found.cleared_text = by, at, said
    found.save(update_fields=["cleared_by", "cleared_at", "cleared_text"])
    write_step(locked, StepKind.FLAG_CLEARED, by=by, at=at, text=f"{found.get_kind_display()}: {said}")
    return found


def _begun(application: Application, revision: int | None, by: User) -> Application:
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_going(locked.call)
    if revision is not None and locked.revision != revision:
        raise ChangedMeanwhile(_("The application was changed after you read it. Read it again."))
    return locked


# --- many together ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One application of a batch: what would happen, or happened, to it. `why_not` is empty where nothing is in the
    way; `code` is the one of the refusal."""

    application: Application
    why_not: str = ""
    code: str = ""

    @property
    def is_fine(self) -> bool:
        return not self.why_not


ACTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "eligible": (find_eligible, (S.SUBMITTED,)),
    "ineligible": (find_ineligible, (S.SUBMITTED, S.COMPLETION, S.ELIGIBLE)),
}
"""What can be done with many: the service, and from which states."""


def preview_many(*, call: Call, applications: Sequence[Application], act: str, by: User) -> list[Row]:
    """What `decide_many` would do, in the order given, and nothing is written."""
    require_officer(by, call)
    _require_few(applications, act)
    ties = ties_among(by, [each.organization_id for each in applications])
    keys = [each.pk for each in applications]
    flagged = set(
        ApplicationFlag.objects.filter(application__in=keys, cleared_at=None).values_list("application", flat=True)
    )
    undone = overruled(applications, by) if act == "ineligible" else {}
    return [Row(each, _why_not(each, call, act, ties, flagged) or undone.get(each.pk, "")) for each in applications]


def _why_not(each: Application, call: Call, act: str, ties: Mapping[int, str], flagged: set[int]) -> str:
    if each.call_id != call.pk:
        return _("It belongs to another call.")
    if each.state not in ACTS[act][1]:
        return _("This is “%(state)s” now.") % {"state": each.get_state_display()}
    if why := ties.get(each.organization_id):
        return _("Another officer has to do this: %(why)s") % {"why": why}
    if act == "eligible" and each.pk in flagged:
        return _("A possible tie to another applicant has not been looked into.")
    return unchecked_contract(each) if act == "eligible" else ""


def decide_many(
    *, call: Call, applications: Sequence[Application], act: str, text: str = "",
    revisions: Mapping[int, int] | None = None, by: User, at: datetime,
) -> list[Row]:  # fmt: skip
    """Each application by itself, in a transaction of its own: done, or refused with a sentence; nothing half.

    `revisions` (primary key to revision) are those that the summary showed: what changed since is refused.
    """
    require_officer(by, call)
    _require_few(applications, act)
    if act == "ineligible":
        text = text_of(text, most=LONG_TEXT, field="text", missing=_("Give the reasons: the firms read them."))
    rows = []
    for each in sorted(applications, key=lambda one: one.pk):
        try:
            if each.call_id != call.pk:
                raise NotPossibleNow(_("It belongs to another call."))
            seen = (revisions or {}).get(each.pk)
            done = ACTS[act][0](application=each, text=text, revision=seen, by=by, at=at)
        except DomainError as error:
            rows.append(Row(each, str(error), error.code))
        else:
            rows.append(Row(done))
    return rows


def _require_few(applications: Sequence[Application], act: str) -> None:
    if act not in ACTS:
        raise DomainError(_("Choose what is to be done."), field="act")
    if not applications:
        raise DomainError(_("Choose at least one application."), field="applications")
    if len(applications) > MOST_AT_ONCE:
        raise DomainError(_("At most %(most)d at once.") % {"most": MOST_AT_ONCE}, field="applications")
