"""Share out what came in, and take it back."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.models import Contract
from marketplace.core.errors import ChangedMeanwhile, NotPossibleNow
from royalties.enums.income import Account, PostingKind
from royalties.enums.rules import Pot
from royalties.models import AheadNotice, Allocation, DirectUse, Distribution, FeeShare, PersonShare
from royalties.notices import income as notices
from royalties.numbers import distribution_number
from royalties.queries.government import moment_of_next
from royalties.services.income.checks import lock_contract, reason_given, require_sharer
from royalties.services.income.ledger import About, Line, post, reverse
from royalties.services.share.plan import is_company
from royalties.services.share.propose import Proposal, propose
from tech_listings.models import Listing


@transaction.atomic
def share(*, allocation: Allocation, seen: str, by: User, at: datetime) -> Distribution:
    """Write the proposal that was shown (`seen` is its digest), and tell the persons and the broker.

    Receipts of a contract are shared one after the other, so that fee and cap count all that came before. Raises
    `NotAllowed`, `NotPossibleNow`, and `ChangedMeanwhile` where the proposal is another one now.
    """
    contract = lock_contract(allocation.invoice.contract_id)
    require_sharer(by, contract.holder)
    rows = Allocation.objects.select_for_update(of=["self"]).select_related("receipt", "invoice__contract__holder")
    locked = rows.get(pk=allocation.pk)
    if locked.is_undone:
        raise NotPossibleNow(_("This payment was taken off its invoice."))
    if locked.distributions.standing().exists():
        raise NotPossibleNow(_("It has been shared out already."))
    moment = _lock_result(contract, at)
    made = propose(locked, today=timezone.localdate(at))
    if made.digest != seen:
        raise ChangedMeanwhile(_("The plan or earlier receipts have changed since you looked. Look at it again."))
    distribution = Distribution.objects.create(
        number=distribution_number(at),
        contract=contract,
        allocation=locked,
        plan=made.plan,
        sharing_rule=made.sharing_rule,
        government_rule=made.government_rule,
        royalty_won=made.royalty_won,
        government_share_won=made.government_share_won,
        amounts=dict(made.amounts),
        by_policy=dict(made.by_policy),
        floors=[dict(floor) for floor in made.floors],
        government=dict(made.government),
        government_won=made.government_won,
        pay_government_by=made.pay_government_by,
        fee_won=made.fee_won,
        shared_at=moment,
        shared_by=by,
    )
    PersonShare.objects.bulk_create(
        PersonShare(distribution=distribution, payee=p.payee, pot=p.pot, share_bp=p.share_bp, amount_won=p.amount_won)
        for p in made.people
    )
    FeeShare.objects.bulk_create(
        FeeShare(
            distribution=distribution, quote=f.quote, broker=f.broker, payer=f.payer, net_won=f.net_won,
            vat_won=f.vat_won,
        )
        for f in made.fees
    )  # fmt: skip
    about = About(locked.receipt, locked, distribution)
    post(kind=PostingKind.SHARED, about=about, lines=lines_of(made), by=by, at=at)
    notices.shared(distribution, at)
    return distribution


def _lock_result(contract: Contract, at: datetime) -> datetime:
    """A company's cap is that of the task: contracts about the same technology, and its own use, pass one by one. The
    time of what is written next.
    """
    if not is_company(contract.holder):
        return at
    Listing.objects.select_for_update(of=["self"], no_key=True).get(pk=contract.listing_id)
    return moment_of_next(contract.holder, contract.listing, at)


def lines_of(made: Proposal) -> list[Line]:
    """The ledger's lines. The broker's fee comes out of transfer and IP costs, and where these are less, of the rest:
    what persons get is not touched by it, and what the rest lacks the institute pays out of its own purse.
    """
    lines = [Line(Account.ROYALTY, -made.royalty_won)]
    lines += [Line(p.pot, p.amount_won, payee=p.payee) for p in made.people]
    lines += [Line(Account.BROKER, f.total_won, broker=f.broker) for f in made.fees_of_holder]
    if made.sharing_rule is None:
        return [*lines, Line(Account.GOVERNMENT, made.government_won), Line(Account.OWN, made.own_won)]
    kept = dict(made.kept)
    from_transfer = min(made.fee_won, kept[Pot.TRANSFER])
    kept[Pot.TRANSFER] -= from_transfer
    kept[Pot.REST] -= made.fee_won - from_transfer
    return [*lines, *(Line(pot, won) for pot, won in kept.items())]


@transaction.atomic
def undo_sharing(*, distribution: Distribution, reason: str, by: User, at: datetime) -> Distribution:
    """Take it back by a reversal; statements show both. The newest of a contract first, as the others count on it; of a
    company the newest of a result, as all its contracts share one cap.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` without a reason.
    """
    contract = lock_contract(distribution.contract_id)
    require_sharer(by, contract.holder)
    why = reason_given(reason)
    _lock_result(contract, at)
    locked = Distribution.objects.select_for_update(of=["self"]).get(pk=distribution.pk)
    if locked.is_undone:
        raise NotPossibleNow(_("This was taken back already."))
    if contract.distributions.standing().filter(pk__gt=locked.pk).exists():
        raise NotPossibleNow(_("A later receipt of this contract was shared out. Take that one back first."))
    if locked.government_won:
        _refuse_counted_on(locked, contract)
    reverse(posting=locked.postings.get(kind=PostingKind.SHARED, reverses=None), reason=why, by=by, at=at)
    locked.undone_at, locked.undone_by, locked.undo_reason = at, by, why
    locked.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    notices.undone(locked, at)
    return locked


def _refuse_counted_on(distribution: Distribution, contract: Contract) -> None:
    """Raise `NotPossibleNow` where what is owed the government of something later counts what was owed of this."""
    about = (contract.holder, contract.listing)
    of_result = Distribution.objects.standing().filter(contract__holder=about[0], contract__listing=about[1])
    later = (
        of_result.filter(pk__gt=distribution.pk),
        DirectUse.objects.about(*about).standing().filter(recorded_at__gt=distribution.shared_at),
        AheadNotice.objects.about(*about).standing().filter(recorded_at__gt=distribution.shared_at),
    )
    if any(rows.exists() for rows in later):
        raise NotPossibleNow(_("Something later counts on it. Take that one back first."))
