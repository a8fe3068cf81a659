"""What a firm may get at most, over programmes and years, its family and relatives included (lessons F18).

Counted under locks that whoever else counts the same firms has to wait for: one reservation with a company cap at a
time, so that two lists of winners in other orders cannot wait for each other, and the rows of the firms, so that a
merge waits too.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import BusinessProfile, Organization
from accounts.relations import circle_of, family_of, related, relatives_of
from marketplace.core.days import add_months
from programmes.enums.applications import ApplicationState
from programmes.models import Application, ApplicationFlag
from programmes.registry import FirmRefused, in_languages
from programmes.scheme import ConditionKind, Scheme
from vouchers.enums.vouchers import ACTIVE, MOST_GOVERNMENT_WON, VoucherState
from vouchers.models import Voucher
from vouchers.queries.standing import is_excluded

WON = (ApplicationState.SELECTED, ApplicationState.AGREED)
ONE_AT_A_TIME = 7_001  # number of an advisory lock


class CapReached(FirmRefused):
    """The firm, or who it belongs to, would get more than the call allows over the years."""

    code = "cap_reached"
    words = gettext_noop(
        "%(name)s and who it is linked with had %(had)s in %(years)d years; with %(sum)s more it would be "
        "above %(most)s."
    )


class AwardAboveCap(CapReached):
    """One award would be more than the call or the law allows."""

    code = "award_above_cap"
    words = gettext_noop("%(name)s would get %(sum)s; at most %(most)s of one award are allowed.")


class OneAlready(FirmRefused):
    """The firm has a voucher of this call that runs."""

    code = "voucher_active"
    words = gettext_noop("%(name)s has a voucher of this call that runs.")


class Excluded(FirmRefused):
    """An exclusion was imposed after the check of its application (facts §5.5), and the call has the condition."""

    code = "firm_excluded"
    words = gettext_noop("%(name)s is excluded from programmes. Find its application not eligible, then publish again.")


class FirmUnknown(FirmRefused):
    """Nobody can say who the firm's relatives are, so nothing can be counted (fails closed)."""

    code = "identity_unknown"
    words = gettext_noop(
        "“%(name)s” has not said who represents it and where it is, so what it may get cannot be counted."
    )


def check_caps(application: Application, at: datetime) -> None:
    """Raise a `FirmRefused` of this module; lock the firms it looked at until the transaction ends."""
    scheme = Scheme.from_json(application.version.content)
    amount_won = application.government_won or 0
    most_won = min(scheme.caps.award_won, MOST_GOVERNMENT_WON)
    if amount_won > most_won:
        raise AwardAboveCap(**_named(application), sum_won=amount_won, most_won=most_won)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    firm = application.organization
    _lock(circle_of([firm.pk]) if scheme.caps.firm_won is not None else family_of(firm))
    family = set(family_of(firm))
    running = Voucher.objects.filter(line__call=application.call_id, holder__in=family, state__in=ACTIVE)
    if running.exists():
        raise OneAlready(**_named(application))
    bars = any(each.kind == ConditionKind.NO_EXCLUSION for each in scheme.conditions)
    if bars and is_excluded(family, timezone.localdate(at)):
        raise Excluded(**_named(application))
    if scheme.caps.firm_won is None:
        return
    counted = {*family, *_relatives(application)}
    had_won = granted_won(counted, at, years=scheme.caps.firm_years, but=application)
    if had_won + amount_won > scheme.caps.firm_won:
        raise CapReached(
            **_named(application), had_won=had_won, years=scheme.caps.firm_years, sum_won=amount_won,
            most_won=scheme.caps.firm_won,
        )  # fmt: skip


def granted_won(organizations: set[int], at: datetime, *, years: int, but: Application | None = None) -> int:
    """What these (primary keys) were granted in so many years in any programme, less what went back of vouchers."""
    since = add_months(timezone.localdate(at), -12 * years)
    rows = Application.objects.filter(
        organization__in=organizations, state__in=WON, call__is_rehearsal=False, submitted_at__date__gte=since
    ).exclude(agreement__voucher__state=VoucherState.LAPSED)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    granted = rows.aggregate(won=Sum("government_won", default=0))["won"]
    back = Voucher.objects.filter(agreement__application__in=rows).aggregate(won=Sum("returned_won", default=0))["won"]
    return granted - back


def _named(application: Application) -> dict[str, Any]:
    return {"name": in_languages(application.organization.name_in)}


def _lock(organizations: Collection[int]) -> None:
    """All of them in one statement, by key as merging does it: who held the firm while it waits for a relative with a
    smaller key would wait for a merge of the two that waits for the firm."""
    rows = Organization.objects.select_for_update(of=["self"], no_key=True).filter(pk__in=organizations)
    list(rows.order_by("pk").values_list("pk"))


def _relatives(application: Application) -> set[int]:
    """With their families, but those of whom an officer has said that they are somebody else (`ApplicationFlag`)."""
    firm = application.organization
    profile = BusinessProfile.objects.filter(organization=firm.root_id).first()
    if profile is None or not (profile.representative_keys and profile.address_key):
        raise FirmUnknown(**_named(application))
    flags = ApplicationFlag.objects.filter(Q(application=application) | Q(other=application), cleared_at__isnull=False)
    cleared = {
        key for pair in flags.values_list("application__organization", "other__organization") for key in pair
    } - {firm.pk}
    found: set[int] = set()
    for other in relatives_of(firm):
        if other.pk in cleared and not any(link.is_certain for link in related(firm, other)):
            continue
        found.update(family_of(other))
    return found
