"""An office takes applications of an earlier call over into a rehearsal, as samples to go the whole way with.

A firm neither applies under a rehearsal nor hears of it (docs/adr/0051): a sample is a copy that counts nowhere.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import DomainError, NotPossibleNow
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from programmes.enums.calls import CallState
from programmes.enums.review import StepKind
from programmes.models import Application, ApplicationDocument, Call
from programmes.numbers import application_number
from programmes.queries.samples import sources_of, to_take
from programmes.queries.sections import own_share
from programmes.scheme import Scheme
from programmes.scheme.sums import planned
from programmes.services.applications.flags import flag_application
from programmes.services.applications.submit import digest_of
from programmes.services.review.acting import locked_call, require_officer, scheme_of, write_step
from programmes.services.review.once import once

S = ApplicationState
MOST_SAMPLES = 50
"""In one rehearsal: enough for a ranking with a reserve list, and no second archive of what firms wrote."""


@transaction.atomic
def take_samples(*, call: Call, source: Call, most: int, key: UUID, by: User, at: datetime) -> int:
    """Copy at most `most` applications of `source` (see `queries.samples`) and submit them at once; how many.

    Each is as it was submitted, with the facts of then; its sums are by the rules of the rehearsal. The same `key` once
    more copies nothing and gives the same number. Nobody is told. Raises `NotAllowed`, `KeyReused`, `NotPossibleNow`,
    `DomainError` naming `source` or `most`.
    """
    require_officer(by, call, Permission.RUN_CALLS)
    body = {"source": source.number, "most": most}
    answer = once(
        key=key, by=by, address=f"samples of {call.number}", body=body, at=at,
        act=lambda: {"taken": _take(call, source, most, by, at)},
    )  # fmt: skip
    return int(answer["taken"])


def _take(call: Call, source: Call, most: int, by: User, at: datetime) -> int:
    locked = locked_call(call)
    require_officer(by, locked, Permission.RUN_CALLS)
    if not locked.is_rehearsal:
        raise NotPossibleNow(_("Samples are for a rehearsal only: under this call firms apply themselves."))
    scheme = scheme_of(locked)
    if locked.state != CallState.PUBLISHED:
        raise NotPossibleNow(
            _("The call is “%(state)s”: nothing is decided about it now.") % {"state": locked.get_state_display()}
        )
    if locked.selections.under_way().exists():
        raise NotPossibleNow(_("A selection of this call is proposed or being published. It is ended first."))
    if not 1 <= most <= MOST_SAMPLES:
        raise DomainError(_("From %(least)d to %(most)d.") % {"least": 1, "most": MOST_SAMPLES}, field="most")
    if not sources_of(locked, at).filter(pk=source.pk).exists():
        raise DomainError(_("Choose one of those offered."), field="source")
    room = MOST_SAMPLES - locked.applications.count()
    if room < most:
        words = _("A rehearsal holds at most %(most)d samples; there is room for %(room)d.")
        raise DomainError(words % {"most": MOST_SAMPLES, "room": room}, field="most")
    chosen = to_take(source, locked)[:most]
    if not chosen:
        raise DomainError(_("Every application of that call is among the samples already."), field="source")
    for each in chosen:
        _copy(each, locked, scheme, by, at)
    return len(chosen)


def _copy(source: Application, call: Call, scheme: Scheme, by: User, at: datetime) -> Application:
    """A draft with its papers first, then submitted: the way of every application, which the database asks for."""
    if call.current is None:
        raise AssertionError("the database lets nothing be published without a version")
    papers = [each for each in source.documents.all() if each.replaced_at is None]
    made = Application.objects.create(
        call=call, version=call.current, organization=source.organization, transfer=_settled(source), plan=source.plan,
        filled_from=source, begun_by=by, begun_at=at,
    )  # fmt: skip
    # The same content under two rows: what was submitted is never taken away from under them.
    ApplicationDocument.objects.bulk_create(
        ApplicationDocument(
            application=made, key=each.key, name=each.name, file=each.file.name, type=each.type, size=each.size,
            sha256=each.sha256, sent_by=by, sent_at=at,
        )
        for each in papers
    )  # fmt: skip
    said = {"facts": source.facts, "checked": source.checked}
    APPLICATION_STATES.move(
        made, S.SUBMITTED, **said, **_sums(source, scheme), number=application_number(at), submitted_by=by,
        submitted_at=at, submitted_revision=made.revision, revision=made.revision + 1,
        digest=digest_of(made, **said, papers={each.key: each.sha256 for each in papers}),
    )  # fmt: skip
    write_step(made, StepKind.SUBMITTED, by=by, at=at, sample_of=source.number)
    flag_application(application=made, at=at)
    return made


def _settled(source: Application) -> Any:
    """A contract that the firm entered itself and nobody has checked is the firm's to change: no copy rests on it."""
    return source.transfer if source.transfer is not None and source.transfer.is_settled else None


def _sums(source: Application, scheme: Scheme) -> dict[str, int | None]:
    """What it would ask for under these rules; as it was where its services are not on the menu."""
    own_bp = own_share(scheme, source.facts.get("average_sales_won"))
    sums = planned(scheme, source.plan.get("services", ()), own_bp)
    if sums.government_won:
        return {"government_won": sums.government_won, "own_won": sums.own_won}
    return {"government_won": source.government_won, "own_won": source.own_won}
