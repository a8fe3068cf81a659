"""What firm and office agreed on for a voucher: which services, and how much is meant for each of them."""

from collections.abc import Mapping
from typing import Any

from programmes.scheme import Scheme
from programmes.scheme.sums import apportioned, planned
from vouchers.enums.vouchers import ChangeKind, ChangeState
from vouchers.models import Voucher
from vouchers.queries.taken import Taken, taken_of


def services_agreed(voucher: Voucher) -> frozenset[str] | None:
    """The services of the last change that was approved, else those of the agreement (facts §5.3, CHANGE_REQUESTED).

    None where the agreement names none: then the whole menu of the call holds.
    """
    changed = _changed(voucher)
    if changed is not None:
        return frozenset(changed)
    return frozenset(each["key"] for each in _planned(voucher)) or None


def kept_won(voucher: Voucher, taken: Mapping[str, Taken] | None = None) -> dict[str, int]:
    """Of the government's money what is kept for each service of the agreement that can still be ordered: of one
    whose order was paid in part and then cancelled, the rest. `taken` is what `taken_of` says, where that is known.

    Empty where what was granted reaches for the whole plan, and where a change has put other services in its place:
    then whoever orders first takes what the band gives. Where the award was cut, each service has its part, so that all
    of the plan can be ordered, in any order.
    """
    if voucher.own_bp is None:
        return {}
    scheme = Scheme.from_json(voucher.agreement.application.version.content)
    parts = apportioned(planned(scheme, _planned(voucher), voucher.own_bp).lines, voucher.face_won)
    if not parts or _changed(voucher) is not None:
        return {}
    ordered = taken_of(voucher) if taken is None else taken
    rests = {key: won - ordered[key].won if key in ordered else won for key, won in parts.items()}
    return {key: won for key, won in rests.items() if won > 0 and not (key in ordered and ordered[key].is_whole)}


def _planned(voucher: Voucher) -> list[dict[str, Any]]:
    return voucher.agreement.content.get("services") or []


def _changed(voucher: Voucher) -> list[str] | None:
    rows = voucher.changes.filter(kind=ChangeKind.PLAN, state=ChangeState.APPROVED).order_by("-decided_at", "-pk")
    content = rows.values_list("content", flat=True).first()
    return None if content is None else list(content["services"])
