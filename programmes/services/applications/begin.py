"""A firm begins an application, or takes its draft up again (lessons F57)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.relations import family_of
from accounts.roles import Permission, require_known
from marketplace.core.errors import NotPossibleNow
from marketplace.core.idempotency import KeyReused
from programmes.enums.applications import ApplicationState
from programmes.models import Application, Call, CallVersion
from programmes.queries.facts import transfers_of
from programmes.services.applications.acting import require_real, require_window


class AlreadyApplied(NotPossibleNow):
    """The firm has an application under this call that runs; there is one at a time."""

    code = "already_applied"


@transaction.atomic
def begin(
    *, call: Call, organization: Organization, filled_from: Application | None = None, key: UUID | None = None,
    by: User, at: datetime,
) -> Application:  # fmt: skip
    """The firm's draft under the call: the one that is there, or a new one, filled in from an earlier application.

    A draft written under an earlier version of the call goes over to the one in force. The same `key` once more gives
    what was begun with it. Raises `NotAllowed`, `KeyReused` where something else came with the key, `CallClosed`,
    `NotOpenYet`, `AlreadyApplied`.
    """
    require_real(call)
    require_known(by, Permission.APPLY_PROGRAMMES, organization)
    # Of two who begin at once the second finds what the first began: both wait here for each other.
    firm = Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=organization.pk)
    if key is not None and (begun := Application.objects.filter(begun_by=by, begun_key=key).first()):
        if (begun.call_id, begun.organization_id, begun.filled_from) != (call.pk, firm.pk, filled_from):
            raise KeyReused(_("This key was used to begin another application. Use a new key for a new request."))
        return begun
    call = Call.objects.select_related("current").get(pk=call.pk)
    require_window(call, at)
    current = call.current
    if current is None:
        raise AssertionError("the database lets nothing be published without a version")
    family = family_of(firm)
    running = Application.objects.running().filter(call=call, organization__in=family).order_by("pk").first()
    if running is not None:
        raise AlreadyApplied(
            _("Your firm has applied already: %(number)s. There is one application at a time.")
            % {"number": running.number}
        )
    if found := _draft(call, firm):
        return _under_current(found, current)
    earlier = _earlier(filled_from, family)
    return Application.objects.create(
        call=call,
        version=current,
        organization=firm,
        transfer=_only_transfer(family, at),
        plan=_taken_over(earlier, current),
        filled_from=earlier,
        begun_by=by,
        begun_at=at,
        begun_key=key,
    )


def _draft(call: Call, firm: Organization) -> Application | None:
    rows = Application.objects.select_for_update(of=["self"], no_key=True)
    return rows.filter(call=call, organization=firm, state=ApplicationState.DRAFT).first()


def _under_current(draft: Application, current: CallVersion) -> Application:
    if draft.version_id == current.pk:
        return draft
    draft.version = current
    draft.revision += 1
    # What was declared was declared under other words.
    draft.plan = draft.plan | {"declared": []}
    draft.save(update_fields=["version", "revision", "plan", "updated_at"])
    return draft


def _only_transfer(family: list[int], at: datetime) -> Any:
    found = transfers_of(family, timezone.localdate(at))
    return found[0] if len(found) == 1 else None


def _earlier(given: Application | None, family: list[int]) -> Application | None:
    if given is None or given.call.is_rehearsal or given.organization_id not in family:
        return None
    if given.state == ApplicationState.DISCARDED:
        return None
    return given


def _taken_over(earlier: Application | None, current: CallVersion) -> dict[str, Any]:
    """Words and services that the new call has too. What is declared is declared anew, papers are sent anew."""
    if earlier is None:
        return {}
    menu = {each.key for each in current.scheme.menu}
    services = [each for each in earlier.plan.get("services", ()) if each.get("key") in menu]
    taken = {"texts": dict(earlier.plan.get("texts", {})), "services": services}
    standing = earlier.plan.get("standing")
    return taken | ({"standing": standing} if standing else {})
