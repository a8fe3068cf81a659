"""When money becomes free after a selection, the next of the reserve list is selected, in the order of the ranking."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from programmes.enums.calls import CallState
from programmes.enums.review import GIVEN_OUT, StepKind
from programmes.events import application_selected
from programmes.models import Application, Call, SelectionLine
from programmes.notices import review as notices
from programmes.queries.ranking import promised_won
from programmes.querysets.applications import ProgrammeApplicationQuerySet
from programmes.registry import FirmRefused, NoMoney
from programmes.services.review.acting import FirmsChanged, lock_firms, locked_call, write_step
from programmes.services.review.agreements import due, lapse, offer_locked

S = ApplicationState
log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
"""Each begins after what changed is committed, so that the second nearly always does it."""


def in_order(call: Call) -> ProgrammeApplicationQuerySet:
    """The reserve list: earlier selections first, then by rank. `rank` is its place in the ranking."""
    lines = SelectionLine.objects.filter(application=OuterRef("pk"), selection__state__in=GIVEN_OUT)
    last = lines.order_by("-selection__serial")
    rows = call.applications.filter(state=S.RESERVE).annotate(
        serial=Subquery(last.values("selection__serial")[:1]), rank=Subquery(last.values("rank")[:1])
    )
    return rows.order_by(F("serial").asc(), F("rank").asc(), "pk")


@transaction.atomic
def take_up(*, call: Call, at: datetime) -> list[Application]:
    """Select as many of the reserve list as the budget reaches, nobody past somebody better. By the house itself."""
    locked = locked_call(call)
    taken: list[Application] = []
    if locked.state != CallState.DECIDED:
        return taken
    lock_firms(locked.applications.filter(state=S.RESERVE), relatives=True)
    left = locked.budget_won - promised_won(locked)
    for key in list(in_order(locked).values_list("pk", flat=True)):
        rows = Application.objects.select_for_update(of=["self"], no_key=True)
        application = rows.select_related("organization", "version").get(pk=key)
        if application.state != S.RESERVE:
            continue
        application.call = locked
        if (application.government_won or 0) > left:
            break
        try:
            granted = grant(application, by=None, at=at)
        except Conflict as error:
            # Neither the budget nor the firm: nobody past it before somebody has looked.
            log.error("take_up_stopped", application=application.number, code=error.code, exc_info=True)
            break
        if granted is Granted.NO_MONEY:
            break
        if granted is Granted.YES:
            left -= application.government_won or 0
            taken.append(application)
    return taken


def take_up_of(*, call_id: int, at: datetime) -> int:
    """For workers: how many were taken up. Where firms changed while it waited for them, it is done again at once, with
    those that came; what changes every time is left to the night."""
    for _attempt in range(MOST_ATTEMPTS):
        try:
            return len(take_up(call=Call.objects.get(pk=call_id), at=at))
        except FirmsChanged:
            log.warning("take_up_put_off", call=call_id, exc_info=True)
    return 0


class Granted(Enum):
    YES = "yes"
    NO_MONEY = "no money"
    REFUSED = "refused"  # this firm has had what it may: it stays on the list, and the next one is asked


def grant(application: Application, *, by: User | None, at: datetime) -> Granted:
    """Select it when the money is there and the firm may have it; else nothing is written.

    The caller holds the locks of call and application. Raises whatever `Conflict` says something else.
    """
    try:
        with transaction.atomic():
            APPLICATION_STATES.move(
                application, S.SELECTED, reason="", decided_at=at, revision=application.revision + 1
            )
            write_step(application, StepKind.TAKEN_UP, by=by, at=at)
            if not application.call.is_rehearsal:
                application_selected.send(
                    sender=Application, application=application, government_won=application.government_won, by=by,
                    at=at,
                )  # fmt: skip
            offer_locked(application, by=by, at=at)
    except (FirmRefused, NoMoney) as error:
        application.refresh_from_db(fields=["state", "reason", "decided_at", "revision", "updated_at"])
        return Granted.REFUSED if isinstance(error, FirmRefused) else Granted.NO_MONEY
    notices.taken_up(application, at)
    return Granted.YES


def nightly(*, at: datetime) -> dict[str, int]:
    """Just after midnight: what was not signed lapses, each by itself; then reserves are taken up, call by call."""
    lapsed = sum(_alone(lapse, agreement=each, at=at) for each in due(timezone.localdate(at)))
    calls = Call.objects.filter(state=CallState.DECIDED, applications__state=S.RESERVE).distinct()
    taken = sum(_alone(take_up_of, call_id=call.pk, at=at) for call in calls.order_by("pk"))
    return {"lapsed": lapsed, "taken_up": taken}


def _alone(do: Callable[..., int], **given: Any) -> int:
    """One that fails is logged and holds up nobody."""
    try:
        return int(do(**given))
    except (DomainError, DatabaseError) as error:
        log.error("look_after_agreements_failed", error=str(error), exc_info=True)
        return 0
