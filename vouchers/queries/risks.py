"""Risk flags: what an officer should look at, with the evidence. Each is one question; limits are data with a mark."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.enums import LinkKind
from accounts.models import Organization
from accounts.relations import owner_by_name_from_bp
from marketplace.core.money import in_percent

FILE = Path(__file__).parent.parent / "data" / "risk_rules.json"
MOST = 20


@cache
def rules() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Flag:
    """`what` was seen, with its `evidence`; `url` leads to where it is."""

    what: str
    evidence: str
    url: str


def flags(lines: list[int]) -> list[Flag]:
    """Of the budget lines (primary keys): linked parties, concentration, amounts just under a limit, later edits."""
    if not lines:
        return []
    return [*_linked(lines), *_concentration(lines), *_near_limit(lines), *_edited(lines)]


def _ask(sql: str, **given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


# Who shares an owner is joined once, not asked of each order.
LINKED = """
WITH shared AS (
    SELECT a.profile_id AS one, b.profile_id AS other FROM accounts_owner a JOIN accounts_owner b
      ON a.business_number = b.business_number AND a.profile_id <> b.profile_id WHERE a.business_number <> ''
    UNION
    SELECT a.profile_id, b.profile_id FROM accounts_owner a JOIN accounts_owner b
      ON a.name_key = b.name_key AND a.profile_id <> b.profile_id
    WHERE a.name_key <> '' AND least(a.share_bp, b.share_bp) >= %(share)s)
SELECT o.public_id, o.number, CASE WHEN p.bank_key <> '' AND p.bank_key = f.bank_key THEN %(account)s
    WHEN p.representative_keys && f.representative_keys THEN %(representative)s
    WHEN shared.one IS NOT NULL THEN %(owner)s ELSE %(address)s END
FROM vouchers_order o JOIN vouchers_voucher v ON v.id = o.voucher_id
JOIN accounts_businessprofile p ON p.organization_id = o.provider_id
JOIN accounts_businessprofile f ON f.organization_id = v.holder_id
LEFT JOIN shared ON shared.one = p.id AND shared.other = f.id
WHERE v.line_id = ANY(%(lines)s) AND (
    p.bank_key <> '' AND p.bank_key = f.bank_key OR p.representative_keys && f.representative_keys
    OR shared.one IS NOT NULL OR p.address_key <> '' AND p.address_key = f.address_key)
ORDER BY o.id DESC LIMIT %(most)s
"""


def _linked(lines: list[int]) -> list[Flag]:
    """As it stands now: it was not so when the order was placed, or the order would have been refused."""
    rows = _ask(
        LINKED, lines=lines, most=MOST, share=owner_by_name_from_bp(), account=LinkKind.BANK_ACCOUNT,
        representative=LinkKind.REPRESENTATIVE, owner=LinkKind.OWNER, address=LinkKind.ADDRESS,
    )  # fmt: skip
    return [
        Flag(
            _("Firm and provider are linked"),
            f"{number}: {LinkKind(kind).label}",
            reverse("vouchers:order", args=[public_id]),
        )
        for public_id, number, kind in rows
    ]


def _orders_of(name: str) -> str:
    return f"{reverse('vouchers:orders')}?{urlencode({'q': name})}"


CONCENTRATION = """
WITH o AS (SELECT o.provider_id, o.government_won, v.line_id FROM vouchers_order o
           JOIN vouchers_voucher v ON v.id = o.voucher_id
           WHERE v.line_id = ANY(%(lines)s) AND o.state IN ('running', 'done')),
whole AS (SELECT line_id, sum(government_won) AS won, count(*) AS orders FROM o GROUP BY line_id)
SELECT c.number, g.id, sum(o.government_won) * 10000 / w.won
FROM o JOIN whole w ON w.line_id = o.line_id JOIN vouchers_budgetline l ON l.id = o.line_id
JOIN programmes_call c ON c.id = l.call_id JOIN accounts_organization g ON g.id = o.provider_id
WHERE w.orders >= %(least)s
GROUP BY c.number, g.id, g.name, w.won HAVING sum(o.government_won) * 10000 > w.won * %(share)s
ORDER BY 3 DESC, 1, g.name LIMIT %(most)s
"""


def _concentration(lines: list[int]) -> list[Flag]:
    limit = rules()
    rows = _ask(
        CONCENTRATION, lines=lines, least=limit["concentration_least"], share=limit["concentration_bp"], most=MOST
    )
    providers = Organization.objects.in_bulk([provider for _call, provider, _share in rows])
    return [
        Flag(
            _("Much of a call goes to one provider"),
            _("%(call)s: %(name)s has %(share)s %% of what was ordered.")
            % {"call": call, "name": providers[provider].display_name, "share": in_percent(int(share))},
            _orders_of(providers[provider].name),
        )
        for call, provider, share in rows
    ]


NEAR = """
SELECT g.id, count(*)
FROM vouchers_order o JOIN vouchers_voucher v ON v.id = o.voucher_id
JOIN programmes_agreement a ON a.id = v.agreement_id
JOIN programmes_application p ON p.id = a.application_id JOIN programmes_callversion n ON n.id = p.version_id
JOIN accounts_organization g ON g.id = o.provider_id
JOIN LATERAL (SELECT (m ->> 'most_won')::bigint AS most FROM jsonb_array_elements(n.content -> 'menu') m
              WHERE m ->> 'key' = o.service AND m ->> 'most_won' IS NOT NULL LIMIT 1) cap ON true
WHERE v.line_id = ANY(%(lines)s) AND o.state IN ('placed', 'running', 'done')
  AND o.government_won <= cap.most AND o.government_won * 10000 >= cap.most * %(near)s
GROUP BY g.id, g.name HAVING count(*) >= %(times)s ORDER BY 2 DESC, g.name LIMIT %(most)s
"""


def _near_limit(lines: list[int]) -> list[Flag]:
    limit = rules()
    rows = _ask(NEAR, lines=lines, near=limit["near_limit_bp"], times=limit["near_limit_times"], most=MOST)
    share = in_percent(limit["near_limit_bp"])
    providers = Organization.objects.in_bulk([provider for provider, _count in rows])
    return [
        Flag(
            _("Amounts just under a limit, again and again"),
            _("%(name)s: %(count)d orders at %(share)s %% of the limit or more.")
            % {"name": providers[provider].display_name, "count": count, "share": share},
            _orders_of(providers[provider].name),
        )
        for provider, count in rows
    ]


EDITED = """
SELECT c.public_id, c.number, d.name, 'document' AS kind, c.id
FROM vouchers_claim c JOIN vouchers_order o ON o.id = c.order_id JOIN vouchers_voucher v ON v.id = o.voucher_id
JOIN vouchers_claimdocument d ON d.claim_id = c.id
WHERE v.line_id = ANY(%(lines)s) AND c.approved_at IS NOT NULL
  AND greatest(d.sent_at, coalesce(d.replaced_at, d.sent_at)) > c.approved_at
UNION ALL
SELECT DISTINCT c.public_id, c.number, '', 'account', c.id
FROM vouchers_claim c JOIN vouchers_order o ON o.id = c.order_id JOIN vouchers_voucher v ON v.id = o.voucher_id
JOIN accounts_businessprofile p ON p.organization_id = o.provider_id
JOIN accounts_businessprofileevent e ON e.pgh_obj_id = p.id
WHERE v.line_id = ANY(%(lines)s) AND c.state IN ('approved', 'paying', 'paid')
  AND e.bank_key <> '' AND e.bank_key <> p.bank_key
  AND e.pgh_created_at > c.approved_at AND e.pgh_created_at < coalesce(c.paid_at, 'infinity')
ORDER BY 5 DESC, 4, 3 LIMIT %(most)s
"""


def _edited(lines: list[int]) -> list[Flag]:
    """Papers of a claim cannot change after approval; where they did, somebody went past the house. An account can."""
    kinds = {"document": _("a paper, %(name)s"), "account": _("the provider's bank account")}
    return [
        Flag(
            _("Changed after it was approved"),
            f"{number}: {kinds[kind] % {'name': name}}",
            reverse("vouchers:claim", args=[public_id]),
        )
        for public_id, number, name, kind, _pk in _ask(EDITED, lines=lines, most=MOST)
    ]
