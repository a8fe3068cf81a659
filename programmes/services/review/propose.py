"""A selection is proposed: everybody ranked, within what is left of the budget."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import NotPossibleNow
from marketplace.core.idempotency import KeyReused
from programmes.enums.applications import ApplicationState
from programmes.enums.review import PanelistState
from programmes.models import ApplicationFlag, Call, Selection, SelectionLine
from programmes.models.applications import LONG_TEXT
from programmes.notices import review as notices
from programmes.queries.ranking import Ground, Line, digest_of, ground_of, ranking_of
from programmes.scheme import Scheme, Stage, StageKind
from programmes.services.applications.flags import flag_call
from programmes.services.review.acting import (
    locked_call,
    require_going,
    require_officer,
    require_officer_of_all,
    scheme_of,
    text_of,
)

S = ApplicationState
BATCH = 1_000


def propose(*, call: Call, why: str, key: UUID | None = None, by: User, at: datetime) -> Selection:
    """Rank the eligible applications and propose whom to select. The same `key` twice proposes once.

    Raises `NotAllowed` for who has a tie to an applicant, and `NotPossibleNow` saying what is in the way: the call
    still takes applications, some are not checked or not scored by enough members, ties were found that nobody has
    looked into, another proposal is open, or the call names nobody who approves.
    """
    require_officer(by, call, Permission.RUN_CALLS)
    # Firms change after the check. In a transaction of its own: what is found stays, though nothing may be proposed.
    if key is None or not call.selections.filter(idempotency_key=key).exists():
        flag_call(call=call, at=at)
    return _propose(call=call, why=why, key=key, by=by, at=at)


@transaction.atomic
def _propose(*, call: Call, why: str, key: UUID | None, by: User, at: datetime) -> Selection:
    locked = locked_call(call)
    require_officer(by, locked, Permission.RUN_CALLS)
    why = text_of(why, most=LONG_TEXT, field="why", missing=_("Say what this proposal is made on."))
    if key is not None and (earlier := locked.selections.filter(idempotency_key=key).first()):
        if (earlier.proposed_by_id, earlier.why) != (by.pk, why):
            raise KeyReused(_("This key was used for another proposal."))
        return earlier
    require_officer_of_all(by, locked)
    require_going(locked)
    scheme = scheme_of(locked)
    stages = [stage for stage in scheme.stages if stage.kind == StageKind.APPROVAL]
    _require_ready(locked, scheme, stages, at)
    _require_looked_into(locked)
    ground = ground_of(locked, scheme)
    lines = ranking_of(locked, scheme, at, ground)
    made = Selection.objects.create(
        call=locked, serial=(locked.selections.aggregate(last=Max("serial"))["last"] or 0) + 1,
        digest=digest_of(map(_as_tuple, lines)), basis=_basis(ground, stages), why=why, proposed_by=by, proposed_at=at,
        idempotency_key=key,
    )  # fmt: skip
    SelectionLine.objects.bulk_create([_row(made, line) for line in lines], batch_size=BATCH)
    notices.proposed(made)
    return made


def _require_ready(call: Call, scheme: Scheme, stages: Sequence[Stage], at: datetime) -> None:
    if call.closes_at > at and not call.is_rehearsal:  # its samples are all there
        raise NotPossibleNow(_("The call still takes applications."))
    if not stages:
        raise NotPossibleNow(_("The call names nobody who approves a selection. Publish a version with such a stage."))
    if call.selections.under_way().exists():
        raise NotPossibleNow(_("A selection is proposed already. It is approved or sent back first."))
    waiting = call.applications.filter(state__in=[S.SUBMITTED, S.COMPLETION]).count()
    if waiting:
        raise NotPossibleNow(
            ngettext("%(many)d application is not checked yet.", "%(many)d applications are not checked yet.", waiting)
            % {"many": waiting}
        )
    if not call.applications.filter(state=S.ELIGIBLE).exists():
        raise NotPossibleNow(_("There is no eligible application to select from."))
    least = max((stage.least for stage in scheme.stages if stage.kind == StageKind.PANEL), default=0)
    short = unscored(call, least)
    if short:
        raise NotPossibleNow(
            ngettext(
                "%(many)d application has fewer than %(least)d scores.",
                "%(many)d applications have fewer than %(least)d scores.",
                short,
            )
            % {"many": short, "least": least}
        )


def _require_looked_into(call: Call) -> None:
    """Who is related by now has been looked into before anybody is ranked."""
    flags = ApplicationFlag.objects.filter(application__call=call, application__state=S.ELIGIBLE, cleared_at=None)
    many = flags.values("application").distinct().count()
    if many:
        raise NotPossibleNow(
            ngettext(
                "%(many)d application has a possible tie that nobody has looked into.",
                "%(many)d applications have a possible tie that nobody has looked into.",
                many,
            )
            % {"many": many}
        )


def unscored(call: Call, least: int) -> int:
    """How many eligible applications have fewer than `least` scores of members of the panel."""
    if not least:
        return 0
    counted = Q(scores__handed_in_at__isnull=False, scores__panelist__state=PanelistState.ACCEPTED)
    rows = call.applications.filter(state=S.ELIGIBLE).annotate(handed=Count("scores", filter=counted))
    return rows.filter(handed__lt=least).count()


def _basis(ground: Ground, stages: Sequence[Stage]) -> dict[str, object]:
    return {
        "budget_won": ground.budget_won,
        "promised_won": ground.promised_won,
        "left_won": ground.left_won,
        "pass_points": ground.pass_points,
        "reserve_places": ground.reserve_places,
        "award_won": ground.award_won,
        "stages": [
            {"key": stage.key, "role": stage.role, "words": {"ko": stage.words.ko, "en": stage.words.en,
                                                            "zh": stage.words.zh}}
            for stage in stages
        ],
    }  # fmt: skip


def _as_tuple(line: Line) -> tuple[str, int, int | None, str, int, int, str]:
    each = line.candidate
    return each.number, line.rank, each.average, str(line.outcome), each.government_won, each.own_won, line.reason


def _row(selection: Selection, line: Line) -> SelectionLine:
    each = line.candidate
    return SelectionLine(
        selection=selection, application_id=each.pk, rank=line.rank, average=each.average, outcome=line.outcome,
        government_won=each.government_won, own_won=each.own_won, reason=line.reason,
    )  # fmt: skip
