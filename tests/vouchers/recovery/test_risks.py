"""Risk flags of the desk: each with the case that raises it, the one just below, and none without."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.utils.translation import override

from accounts.enums import LinkKind
from accounts.models import Organization, Owner
from accounts.relations import related
from tests.factories.vouchers import orders
from tests.factories.vouchers.money import DAY, MILLION
from vouchers.models import ClaimDocument
from vouchers.queries.risks import flags, rules

pytestmark = pytest.mark.django_db
LINKED = "Firm and provider are linked"
CONCENTRATED = "Much of a call goes to one provider"
NEAR = "Amounts just under a limit, again and again"
EDITED = "Changed after it was approved"


def seen(voucher):
    return {str(flag.what) for flag in flags([voucher.line_id])}


def test_nothing_stands_out_of_an_ordinary_order():
    voucher = orders.voucher()
    orders.running(voucher)
    assert seen(voucher) == set()
    assert flags([]) == []


def test_nothing_of_another_offices_call():
    order = orders.running()
    theirs, mine = order.provider.business_profile, order.voucher.holder.business_profile
    theirs.address = mine.address
    theirs.save()
    assert seen(order.voucher) == {LINKED}
    assert seen(orders.voucher()) == set()


@pytest.mark.parametrize(
    "kind", [LinkKind.ADDRESS, LinkKind.BANK_ACCOUNT, LinkKind.REPRESENTATIVE, LinkKind.OWNER], ids=str
)
def test_linked_parties_by_the_names_links_have_everywhere(kind):
    voucher = orders.voucher()
    order = orders.running(voucher)
    mine, theirs = voucher.holder.business_profile, order.provider.business_profile
    if kind == LinkKind.ADDRESS:
        theirs.address = mine.address
    elif kind == LinkKind.BANK_ACCOUNT:
        mine.bank_code, mine.bank_account = theirs.bank_code, theirs.bank_account
    elif kind == LinkKind.REPRESENTATIVE:
        theirs.representatives = mine.representatives
    else:
        for profile in (mine, theirs):
            Owner.objects.create(profile=profile, name="새누리투자", business_number="1108151413", share_bp=1_000)
    mine.save()
    theirs.save()
    found = flags([voucher.line_id])
    assert [(str(flag.what), flag.evidence) for flag in found] == [(LINKED, f"{order.number}: {kind.label}")]
    assert str(order.public_id) in found[0].url
    assert kind in {link.kind for link in related(voucher.holder, order.provider)}


def ordered(call, of, supply_won):
    voucher = orders.voucher(call=call)
    orders.running(voucher, of=of, supply_won=supply_won, service="market")
    return voucher


def test_concentration_from_more_than_the_share_and_from_enough_orders():
    """40 % with one provider is not flagged, one won more is; and four orders are too few to say."""
    limit = rules()
    assert (limit["concentration_bp"], limit["concentration_least"]) == (4_000, 5)
    call, big = orders.call_row(scheme=orders.SCHEME), orders.provider()
    # 75 % of each price is government money: 8 M of 20 M, each of a voucher of its own.
    ordered(call, big, 8 * MILLION)
    for _ in range(3):
        voucher = ordered(call, orders.provider(), 3 * MILLION)
    assert CONCENTRATED not in seen(voucher)  # 8 of 17 M, but of four orders
    voucher = ordered(call, orders.provider(), 3 * MILLION)
    assert CONCENTRATED not in seen(voucher)  # 8 of 20 M is 40 %
    voucher = ordered(call, big, 1 * MILLION)
    assert CONCENTRATED in seen(voucher)  # 9 of 21 M
    flag = next(flag for flag in flags([voucher.line_id]) if flag.what == CONCENTRATED)
    assert call.number in flag.evidence
    assert big.name in flag.evidence
    assert "42.8" in flag.evidence
    assert parse_qs(urlsplit(flag.url).query) == {"q": [big.name]}
    Organization.objects.filter(pk=big.pk).update(name_zh="大桥公司")
    with override("zh-hans"):
        assert "大桥公司" in next(each.evidence for each in flags([voucher.line_id]) if call.number in each.evidence)


def near(call, of, government_won):
    """An order of a strategy, whose limit in the menu is 20 M of government money."""
    voucher = orders.voucher(call=call, government_won=30 * MILLION)
    order = orders.running(voucher, of=of, service="strategy", supply_won=government_won * 4 // 3)
    assert order.government_won == government_won
    return voucher


def test_amounts_just_under_a_limit_three_times_and_from_95_percent():
    assert (rules()["near_limit_bp"], rules()["near_limit_times"]) == (9_500, 3)
    call, of = orders.call_row(scheme=orders.SCHEME), orders.provider()
    for _ in range(2):
        voucher = near(call, of, 19_000_002)
    voucher = near(call, of, 18_999_999)
    assert NEAR not in seen(voucher)  # the third is a won below 95 %
    voucher = near(call, orders.provider(), 19_500_000)
    assert NEAR not in seen(voucher)  # another provider's
    voucher = near(call, of, 19_500_000)
    assert NEAR in seen(voucher)
    flag = next(flag for flag in flags([voucher.line_id]) if flag.what == NEAR)
    assert of.name in flag.evidence
    assert "3" in flag.evidence


def slip_in(claim, at):
    """A paper that somebody put there past the database's guard."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE vouchers_claimdocument DISABLE TRIGGER vouchers_document_stands")
        paper = ClaimDocument(
            claim=claim, key="photo", name="late.pdf", file="x.pdf", type="application/pdf", size=1, sha256="0" * 64,
            sent_by=claim.written_by, sent_at=at,
        )  # fmt: skip
        ClaimDocument.objects.bulk_create([paper])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE vouchers_claimdocument ENABLE ALWAYS TRIGGER vouchers_document_stands")


@pytest.mark.parametrize(("later", "raised"), [(0 * DAY, False), (DAY, True)])
def test_papers_after_approval(later, raised):
    claim = orders.approved()
    slip_in(claim, claim.approved_at + later)
    assert (EDITED in seen(claim.order.voucher)) is raised


def move_account(organization):
    profile = organization.business_profile
    profile.bank_account = f"{int(profile.bank_account) + 1:014d}"
    profile.save()


def test_an_account_that_changes_between_approval_and_payment():
    before = orders.checked()
    move_account(before.order.provider)
    assert EDITED not in seen(before.order.voucher)
    approved = orders.approved()
    move_account(approved.order.provider)
    assert EDITED in seen(approved.order.voucher)
    paid = orders.paid()
    assert EDITED not in seen(paid.order.voucher)
