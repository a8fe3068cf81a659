"""An application is saved section by section, as incomplete as it is; while completing, what was asked for only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.relations import family_of
from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from programmes.enums.applications import ApplicationState, Independence, Part, PlanText
from programmes.models import Application, Transfer
from programmes.queries.facts import transfers_of
from programmes.queries.sections import declarations_of, open_parts
from programmes.scheme import Scheme
from programmes.services.applications.acting import (
    PartClosed,
    check_revision,
    locked_application,
    require_applicant,
    require_in_time,
)

LONGEST_TEXT = 3_000
LONGEST_WHAT = 300
MOST_WON = 10_000_000_000
MOST_ROWS = 20
NOT_GIVEN: Any = object()


@transaction.atomic
def save(
    *,
    application: Application,
    revision: int,
    transfer: Transfer | None = NOT_GIVEN,
    services: Sequence[Mapping[str, Any]] | None = None,
    texts: Mapping[str, str] | None = None,
    declared: Sequence[str] | None = None,
    standing: Mapping[str, Any] | None = None,
    by: User,
    at: datetime,
) -> Application:
    """Keep what was typed, complete or not; sections that are not given stay.

    `services`: `key` of the menu, `what`, `supply_won` without VAT; `texts` by `PlanText`; `declared` keys of
    conditions; `standing` what the firm says of its size: `independence`, `outgrew_on` (the end of the first fiscal
    year with which it had grown too large, a date or None), `had_grace`. Raises `NotAllowed`, `ChangedMeanwhile`,
    `PartClosed`, `TooLate`, `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_applicant(by, locked)
    check_revision(locked, revision)
    require_in_time(locked, at)
    plan = dict(locked.plan)
    scheme = Scheme.from_json(locked.version.content)
    given: set[Part] = set()
    if transfer is not NOT_GIVEN:
        given.add(Part.TECHNOLOGY)
        locked.transfer = _transfer(locked, transfer, at)
    if services is not None:
        given.add(Part.SERVICES)
        plan["services"] = _services(services, scheme)
    if texts is not None:
        given.add(Part.PLAN)
        plan["texts"] = dict(plan.get("texts", {})) | _texts(texts)
    if declared is not None:
        given.add(Part.DECLARATIONS)
        known = [key for key, _words in declarations_of(scheme)]
        plan["declared"] = [key for key in known if key in set(declared)]
    if standing is not None:
        given.add(Part.FACTS)
        plan["standing"] = _standing(standing, timezone.localdate(at))
    require_open(locked, given)
    locked.plan = plan
    locked.revision += 1
    locked.save(update_fields=["plan", "transfer", "revision", "updated_at"])
    return locked


def require_open(application: Application, parts: set[Part]) -> None:
    """Raise `PartClosed` where one of `parts` cannot be changed now."""
    if application.state not in {ApplicationState.DRAFT, ApplicationState.COMPLETION}:
        raise PartClosed(_("The application lies with the office. It is changed only while completion is asked."))
    for part in sorted(parts - open_parts(application)):
        raise PartClosed(_("“%(part)s” is not among what is to be completed.") % {"part": part.label})


def _transfer(application: Application, given: Transfer | None, at: datetime) -> Transfer | None:
    if given is None:
        return None
    own = transfers_of(family_of(application.organization), timezone.localdate(at))
    if given not in own:
        raise DomainError(_("Choose a technology that your firm took over and may still use."), field="transfer")
    return given


def _standing(given: Mapping[str, Any], today: date) -> dict[str, Any]:
    said, outgrew_on = given.get("independence") or "", given.get("outgrew_on")
    if said and said not in Independence.values:
        raise DomainError(_("Choose one of those offered."), field="independence")
    if outgrew_on is not None and outgrew_on > today:
        raise DomainError(_("Today at the latest."), field="outgrew_on")
    return {
        "independence": str(said),
        "outgrew_on": outgrew_on.isoformat() if outgrew_on else "",
        "had_grace": bool(given.get("had_grace")),
    }


def _services(given: Sequence[Mapping[str, Any]], scheme: Scheme) -> list[dict[str, Any]]:
    if len(given) > MOST_ROWS:
        raise DomainError(_("At most %(most)d rows.") % {"most": MOST_ROWS}, field="services")
    rows = []
    for each in given:
        service = scheme.service(str(each.get("key", "")))
        if service is None:
            raise DomainError(_("This service is not on the menu of the call."), field="services")
        amount, what = each.get("supply_won") or 0, tidy(str(each.get("what", "")))
        if not isinstance(amount, int) or not 0 <= amount <= MOST_WON:
            bounds = {"least": "0", "most": f"{MOST_WON:,}"}
            raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds, field="services")
        if len(what) > LONGEST_WHAT:
            raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST_WHAT}, field="services")
        rows.append({"key": service.key, "what": what, "supply_won": amount})
    return rows


def _texts(given: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, text in given.items():
        if name not in PlanText.values:
            raise DomainError(_("This is not asked here: %(name)s.") % {"name": name}, field="texts")
        found[name] = tidy(text)
        if len(found[name]) > LONGEST_TEXT:
            raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST_TEXT}, field=name)
    return found
