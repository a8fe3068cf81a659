"""Who can be found for a service, what the voucher still bears, and what an order would cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum
from django.http import QueryDict

from accounts.models import Organization
from brokers.filters.register import NARROWING, RegisterFilter
from brokers.models import Registration
from marketplace.core.money import BASIS_POINTS, share_rounded_down
from programmes.scheme import Scheme, Service
from vouchers.enums.claims import ClaimState
from vouchers.enums.orders import OrderState
from vouchers.models import Claim, Order, Voucher
from vouchers.queries.agreed import kept_won, services_agreed
from vouchers.queries.taken import taken_of

MOST_SEEN = 50
"""As many as a page shows and a choice keeps; whoever finds more narrows the search."""

ASKABLE = tuple(name for name in NARROWING if name != "open")


@dataclass(frozen=True)
class Found:
    """`seen` in the neutral order of the day, each office once; `many` is how many offices there are."""

    seen: list[Registration]
    many: int
    day: date

    def as_kept(self) -> list[dict[str, str]]:
        return [
            {"id": str(_office(row).public_id), "name": row.display_name, "number": row.number} for row in self.seen
        ]


def _office(row: Registration) -> Organization:
    assert row.organization is not None  # only who works through an office is open to work
    return row.organization


def asked_of(query: Mapping[str, Sequence[str]]) -> QueryDict:
    """The filters of the public register that say something, as an address would carry them."""
    kept = QueryDict(mutable=True)
    for name in ASKABLE:
        values = [str(value).strip() for value in query.get(name, ()) if str(value).strip()]
        if values:
            kept.setlist(name, values)
    return kept


def query_in_words(query: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """What a kept search asked of the register, as people call it: filter and values."""
    said = []
    for name, values in query.items():
        asked = RegisterFilter.base_filters.get(name)
        if asked is None:
            continue
        offered = asked.extra.get("choices", ())
        words = {str(code): str(text) for code, text in (offered() if callable(offered) else offered)}
        said.append((str(asked.label), ", ".join(words.get(value, value) for value in values)))
    return said


def search(query: Mapping[str, Sequence[str]], *, day: date) -> tuple[RegisterFilter, Found | None]:
    """Offices open to new work that day, in its neutral order. None beside the filter where it cannot be read."""
    filters = RegisterFilter(asked_of(query), Registration.objects.publicly_open(day))
    if not filters.form.is_valid():
        return filters, None
    rows = filters.narrowed(Registration.objects.publicly_open(day)).in_neutral_order(day)
    offices: dict[int, Registration] = {}
    for row in rows.select_related("organization", "user"):
        offices.setdefault(_office(row).pk, row)
    found = list(offices.values())
    return filters, Found(found[:MOST_SEEN], len(found), day)


def scheme_of(voucher: Voucher) -> Scheme:
    """What the call said when the firm applied."""
    return Scheme.from_json(voucher.agreement.application.version.content)


def own_bp_of(voucher: Voucher) -> int:
    """The own share in basis points: the band it was granted in. Where that was not kept yet, what the sums give."""
    if voucher.own_bp is not None:
        return voucher.own_bp
    whole = voucher.face_won + voucher.own_won
    return (voucher.own_won * BASIS_POINTS * 2 + whole) // (2 * whole)


@dataclass(frozen=True)
class Left:
    """What an order may still use: `open_won` of the government's money, `own_won` of what the firm paid in.

    `kept` is what of the former is meant for which service of the agreement; an order of another one leaves it.
    `taken_won` is what earlier orders have taken of which service: its cap holds for all of them together.
    """

    open_won: int
    own_won: int
    kept: Mapping[str, int] = field(default_factory=dict)
    taken_won: Mapping[str, int] = field(default_factory=dict)

    def open_for(self, service: str) -> int:
        return max(0, self.open_won - sum(won for key, won in self.kept.items() if key != service))


def left_of(voucher: Voucher, *, but: Order | None = None) -> Left:
    """Less what placed orders would take and, of the own share, what running ones have not used yet."""
    orders = Order.objects.filter(voucher=voucher)
    if but is not None:
        orders = orders.exclude(pk=but.pk)
    placed = orders.filter(state=OrderState.PLACED).aggregate(gov=Sum("government_won"), own=Sum("own_won"))
    running = orders.filter(state=OrderState.RUNNING)
    claims = Claim.objects.filter(order__in=orders)
    settled = claims.filter(order__in=running, state__in=[ClaimState.PAID, ClaimState.DISALLOWED])
    # A payment that the bank sent back is owed again, though its order is over.
    owed = claims.exclude(order__in=running).filter(state__in=[ClaimState.APPROVED, ClaimState.PAYING])
    taken = taken_of(voucher)
    bound_own = (placed["own"] or 0) + _own(running) - _own(settled) + _own(owed)
    return Left(
        open_won=voucher.open_won - (placed["gov"] or 0),
        own_won=voucher.own_won - voucher.own_used_won - voucher.own_refunded_won - bound_own,
        kept=kept_won(voucher, taken),
        taken_won={key: each.won for key, each in taken.items()},
    )


def _own(rows: QuerySet[Any]) -> int:
    return rows.aggregate(own=Sum("own_won"))["own"] or 0


@dataclass(frozen=True)
class Parts:
    """Who pays what of a price without VAT. `why` names what held the government's part down, if anything did."""

    government_won: int
    own_won: int
    why: str = ""


def parts_of(voucher: Voucher, service: Service, supply_won: int, *, left: Left | None = None) -> Parts:
    """The government's part by the band, rounded down, at most what the menu's cap leaves and what is open for this
    service; the rest is the own share."""
    left = left or left_of(voucher)
    share_won = share_rounded_down(supply_won, BASIS_POINTS - own_bp_of(voucher))
    bounds = {"": share_won, "open": left.open_for(service.key)}
    if service.most_won is not None:
        bounds["cap"] = max(0, service.most_won - left.taken_won.get(service.key, 0))
    why = min(bounds, key=lambda name: (bounds[name], name))
    return Parts(bounds[why], supply_won - bounds[why], why)


@dataclass(frozen=True)
class MenuLine:
    """A service of the menu: the order that takes it or its area, if there is one, and whether another may be placed:
    only of what was agreed on. `most_won` is what the government still pays for it at most."""

    service: Service
    taken_by: Order | None
    is_free: bool
    is_agreed: bool = True
    most_won: int | None = None


def menu_of(voucher: Voucher) -> list[MenuLine]:
    """What may be ordered goes by what was taken: of a service once, of an area one where the call says so, and so
    many services in all. The rest of one that was cancelled or not allowed in part may be ordered again."""
    scheme, agreed, taken = scheme_of(voucher), services_agreed(voucher), taken_of(voucher)
    areas = {service.key: service.area for service in scheme.menu}
    full = len(taken) >= scheme.most_services
    lines = []
    for service in scheme.menu:
        own = taken.get(service.key)
        most_won = service.most_won if service.most_won is None else max(0, service.most_won - (own.won if own else 0))
        others = [each.order for key, each in taken.items() if key != service.key and areas.get(key) == service.area]
        by = own.order if own and (own.is_whole or most_won == 0) else None
        if by is None and scheme.one_per_area and others:
            by = others[0]
        is_agreed = agreed is None or service.key in agreed
        is_free = is_agreed and by is None and (own is not None or not full)
        lines.append(MenuLine(service, by, is_free, is_agreed, service.most_won if by else most_won))
    return lines


def service_words(voucher: Voucher, key: str) -> str:
    """What the call calls a service; the key where a later menu has lost it."""
    service = scheme_of(voucher).service(key)
    return str(service.words) if service else key
