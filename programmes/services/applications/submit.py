"""An application is submitted: once, within the window, under one receipt number, frozen with what was known."""

import hashlib
import json
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.relations import family_of
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from programmes.eligibility import SENTENCES
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from programmes.enums.review import StepKind
from programmes.models import Application, ReviewStep
from programmes.notices import applications as notices
from programmes.numbers import application_number
from programmes.queries.sections import Sheet, sheet_of
from programmes.services.applications.acting import (
    CallChanged,
    check_revision,
    locked_application,
    locked_call,
    require_applicant,
    require_window,
)
from programmes.services.applications.begin import AlreadyApplied
from programmes.services.applications.flags import flag_application

S = ApplicationState


class NotComplete(DomainError):
    """Something is missing, or a condition is not met; the message names the first of it."""

    code = "application_not_complete"


class AlreadySubmitted(NotPossibleNow):
    code = "already_submitted"


class Submitted(NamedTuple):
    """`is_new` is False where it lay with the office already: the second click."""

    application: Application
    is_new: bool


@transaction.atomic
def submit(
    *, application: Application, revision: int, declared: bool, key: UUID | None = None, by: User, at: datetime
) -> Submitted:
    """Draft → submitted. `declared`: the person says that everything is true.

    The same `key` once more gives what was submitted; with another revision it is `KeyReused`. Raises `NotAllowed`,
    `ChangedMeanwhile`, `CallClosed`, `NotOpenYet`, `CallChanged`, `AlreadyApplied`, `AlreadySubmitted`, `NotComplete`.
    """
    call = locked_call(application.call)
    locked = locked_application(application)
    require_applicant(by, locked)
    if locked.number:
        return _again(locked, revision, key)
    if locked.state != S.DRAFT:
        APPLICATION_STATES.refuse(locked, S.SUBMITTED)
    require_window(call, at)
    check_revision(locked, revision)
    if locked.version_id != call.current_id:
        raise CallChanged(_("The call was changed after you began. Look at what is new, then submit."))
    _require_alone(locked, key)
    sheet = sheet_of(locked, timezone.localdate(at))
    require_ready(sheet, declared)
    APPLICATION_STATES.check(locked, S.SUBMITTED)
    frozen = freeze(locked, sheet, timezone.localdate(at))
    APPLICATION_STATES.move(
        locked, S.SUBMITTED, **frozen, government_won=sheet.sums.government_won, own_won=sheet.sums.own_won,
        submitted_by=by, submitted_at=at, submitted_revision=revision, idempotency_key=key,
        revision=locked.revision + 1, number=application_number(at),
    )  # fmt: skip
    flag_application(application=locked, at=at)
    ReviewStep.objects.create(application=locked, kind=StepKind.SUBMITTED, by=by, at=at)
    notices.submitted(locked, at)
    return Submitted(locked, is_new=True)


def _again(locked: Application, revision: int, key: UUID | None) -> Submitted:
    """The second click, or a program that got no answer."""
    if key is not None and key == locked.idempotency_key and revision != locked.submitted_revision:
        raise KeyReused(_("This key was used to submit another revision. Use a new key for a new request."))
    if key is None or key == locked.idempotency_key:
        return Submitted(locked, is_new=False)
    raise AlreadySubmitted(
        _("This was submitted already. Its receipt number is %(number)s.") % {"number": locked.number}
    )


def _require_alone(locked: Application, key: UUID | None) -> None:
    """One application per call of a firm, whatever was merged into it, and one per key."""
    family = family_of(locked.organization)
    of_call = Application.objects.filter(call=locked.call, organization__in=family)
    if running := of_call.running().first():
        raise AlreadyApplied(
            _("Your firm has applied already: %(number)s. There is one application at a time.")
            % {"number": running.number}
        )
    if key is not None and of_call.filter(idempotency_key=key).exists():
        raise KeyReused(_("This key was used to submit another application. Use a new key for a new request."))


def require_ready(sheet: Sheet, declared: bool) -> None:
    """Raise `NotComplete` with the first thing that is missing, or the first condition that is not met."""
    if sheet.missing:
        raise NotComplete(_("Something is missing. %(what)s") % {"what": sheet.missing[0]})
    if sheet.blocking:
        first = sheet.blocking[0]
        raise NotComplete(
            _("A condition is not met: %(label)s. %(why)s %(todo)s")
            % {"label": first.label, "why": first.why, "todo": first.todo}
        )
    if not declared:
        raise NotComplete(_("Declare that everything is true and complete."), field="declared")


def freeze(application: Application, sheet: Sheet, on: date) -> dict[str, Any]:
    """The fields that keep what was known and said: `facts`, `checked`, `digest` (SHA-256 over all of it)."""
    said = {"facts": sheet.firm.said, "checked": _found_in_words(application, sheet, on)}
    return said | {"digest": digest_of(application, **said, papers={k: d.sha256 for k, d in sheet.documents.items()})}


def _found_in_words(application: Application, sheet: Sheet, on: date) -> list[dict[str, Any]]:
    """What the check found; its sentences in every language, as officers read another one than who submitted."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found[language] = sheet_of(application, on).findings
    return [
        {"key": each.key, "kind": str(each.kind), "outcome": str(each.outcome)}
        | {name: {language: getattr(said[place], name) for language, said in found.items()} for name in SENTENCES}
        for place, each in enumerate(sheet.findings)
    ]


def digest_of(application: Application, *, facts: Any, checked: Any, papers: dict[str, str]) -> str:
    """In one canonical spelling, so that anybody with the same content computes the same."""
    content = {
        "call": application.call.number,
        "version": application.version.serial,
        "transfer": application.transfer.reference if application.transfer else "",
        "plan": application.plan,
        "facts": facts,
        "checked": checked,
        "papers": papers,
    }
    if application.transfer and application.transfer.sha256:
        content["contract"] = application.transfer.sha256
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
