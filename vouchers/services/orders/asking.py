"""What every service about orders and claims asks before it writes, and the order in which rows are locked.

Always organizations, voucher, order, claim, payment; the budget line comes last, in `money.post`. Nobody passes for
being an administrator: memberships are asked, and who is unknown is refused (lessons F9).
"""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from accounts.enums import LinkKind
from accounts.models import Organization, User
from accounts.relations import family_of, related_or_unknown
from accounts.roles import Permission, has_permission
from marketplace.core.errors import Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy
from vouchers.models import Claim, Order, Sanction, Voucher
from vouchers.models.vouchers import LONG_TEXT, SHORT_TEXT
from vouchers.services.life.asking import lock_voucher


class SelfDealing(Conflict):
    """Firm and provider are one, or share somebody or something; or nobody can say."""

    code = "self_dealing"


def lock_standing(**which: object) -> None:
    """Organizations that a new row is going to name, before anything else is locked, as merging does it: who waited
    here for a merge finds what is gone. Raises `NotPossibleNow`."""
    refuse_gone(lock_organizations(**which))


def lock_organizations(**which: object) -> list[Organization]:
    rows = Organization.objects.select_for_update(of=["self"], no_key=True).filter(**which)
    return list(rows.order_by("pk"))


def refuse_gone(organizations: Iterable[Organization]) -> None:
    for organization in organizations:
        if organization.is_gone:
            raise NotPossibleNow(
                _("“%(name)s” was merged into another organization. Reload the page.") % {"name": organization}
            )


def lock_order(pk: int) -> Order:
    return Order.objects.select_for_update(of=["self"]).select_related("provider").get(pk=pk)


def lock_claim(pk: int) -> Claim:
    return Claim.objects.select_for_update(of=["self"]).get(pk=pk)


def lock_all(order: Order) -> tuple[Voucher, Order]:
    """The voucher first: whoever changes its money meets there."""
    voucher = lock_voucher(order.voucher_id)
    locked = lock_order(order.pk)
    locked.voucher = voucher
    return voucher, locked


def lock_down_to(claim: Claim) -> Claim:
    """Voucher, order and claim, as one object: `claim.order.voucher`."""
    _voucher, order = lock_all(claim.order)
    locked = lock_claim(claim.pk)
    locked.order = order
    return locked


def require(by: User | None, permission: Permission, organization: Organization) -> None:
    """Raise `NotAllowed` unless `by` is known and may do this for the organization."""
    if by is None or not has_permission(by, permission, organization):
        raise NotAllowed(_("Only members of “%(name)s” who may do this can do it.") % {"name": organization})


def is_of_a_party(by: User, order: Order) -> bool:
    """Whether `by` works for firm or provider, or for what was merged with one of them."""
    mine = {membership.organization_id for membership in by.active_memberships()}
    parties = {*family_of(order.voucher.holder), *family_of(order.provider)}
    return bool(mine & parties)


def require_officer(by: User | None, permission: Permission, order: Order) -> None:
    """Raise `NotAllowed` unless `by` may do this for the call's office and works for neither party."""
    require(by, permission, order.voucher.line.call.office)
    assert by is not None
    acted = {order.ordered_by_id, order.accepted_by_id}
    for claim in order.claims.all():
        acted |= {claim.written_by_id, claim.accepted_by_id}
    if is_of_a_party(by, order) or by.pk in acted:
        raise NotAllowed(_("You work or acted for a party of this order: a colleague has to do this."))


def refuse_related(holder: Organization, provider: Organization) -> None:
    """Raise `SelfDealing` where both are one, share anything, or nobody knows (facts §5.3; fails closed)."""
    if holder.pk == provider.pk:
        raise SelfDealing(_("A firm cannot be its own provider."))
    links = related_or_unknown(holder, provider)
    if any(link.kind == LinkKind.UNKNOWN for link in links):
        names = ", ".join(sorted({link.evidence for link in links if link.kind == LinkKind.UNKNOWN}))
        raise SelfDealing(
            _(
                "It is not known who stands behind %(names)s. Ask a manager of it to fill in representative and "
                "address under the organization's details."
            )
            % {"names": names}
        )
    if links:
        kinds = ", ".join(dict.fromkeys(link.label for link in links))
        raise SelfDealing(
            _("Firm and provider are linked, so this voucher cannot pay for it: %(kinds)s.") % {"kinds": kinds}
        )


def refuse_excluded(provider: Organization, day: date) -> None:
    """Raise `SelfDealing`'s neighbour `Conflict` where the provider is excluded from programmes on the day it asks,
    orders or binds money (facts §5.5, art. 31-2: contractors too)."""
    if Sanction.objects.exclusions_on(day).filter(organization__in=family_of(provider)).exists():
        raise Conflict(_("This provider is excluded from programmes at present."))


def reason_given(text: str, field: str = "reason", *, most: int = SHORT_TEXT) -> str:
    """The words, tidied. Raises `DomainError` for none, or too many."""
    said = tidy(text)
    if not said:
        raise DomainError(_("Say why."), field=field)
    return _not_too_long(said, field, most)


def text_given(text: str, field: str, *, most: int = LONG_TEXT) -> str:
    said = tidy(text)
    if not said:
        raise DomainError(_("This is needed."), field=field)
    return _not_too_long(said, field, most)


def _not_too_long(said: str, field: str, most: int) -> str:
    if len(said) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return said


def won_given(amount: object, field: str, *, least: int = 0, most: int | None = None) -> int:
    """Whole won. 123.6 is refused, never rounded (lessons F14). Raises `DomainError`."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise DomainError(_("Write whole won in figures, like 12,000,000."), field=field)
    most = MOST_WON if most is None else most
    if not least <= amount <= most:
        bounds = {"least": f"{least:,}", "most": f"{most:,}"}
        raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds, field=field)
    return amount


MOST_WON = 1_000_000_000
