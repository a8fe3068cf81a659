"""Paying the whole cap of the government's share ahead (facts §4.3, decree art. 39(3))."""

import datetime
import json
from pathlib import Path

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.enums import Role
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from royalties.models import AheadNotice, DirectUse, GovernmentPayment
from royalties.queries.government import account_of
from royalties.services.government.ahead import Told, pay_ahead, undo_ahead
from royalties.services.government.record import Used, record_payment, record_use, undo_payment, undo_use
from royalties.services.share.plan import Given
from royalties.services.share.share import undo_sharing
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.royalties.income import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    concluded,
    due,
    invoiced,
    manager,
    paid,
    rules,
    shared,
)
from tests.factories.royalties.income import staff as keeper
from tests.factories.tech_listings import ListingFactory

BEFORE_2021, R1, R2 = datetime.date(2020, 12, 31), datetime.date(2024, 12, 30), datetime.date(2024, 12, 31)
TASK = {"task_ended_on": datetime.date(2025, 6, 30), "firm_size": "sme", "research_won": 300 * MILLION}
YEAR = {"sold_from": datetime.date(2025, 1, 1), "sold_until": datetime.date(2025, 12, 31)}


@pytest.fixture
def listing():
    rules()
    return ListingFactory(holder=OrganizationFactory(company=True))


def ahead(listing, *, by=None, at=NOW, **changes):
    told = Told(**{"told_on": TODAY, "reference": "L-1", "agreed_on": R2} | TASK | changes)
    return pay_ahead(holder=listing.holder, listing=listing, told=told, by=by or keeper(listing.holder), at=at).notice


def use(listing, sales_won=1_000 * MILLION, *, at=NOW, firm_size="sme", **days):
    task = TASK | {"firm_size": firm_size}
    used = Used(**YEAR | days, sales_won=sales_won, agreed_on=R2, contribution_bp=5_000, **task)
    return record_use(holder=listing.holder, listing=listing, used=used, by=keeper(listing.holder), at=at).use


def pay(listing, amount_won, reference="N-1", at=NOW, paid_on=TODAY):
    said = {"paid_on": paid_on, "amount_won": amount_won, "reference": reference}
    return record_payment(holder=listing.holder, listing=listing, **said, by=keeper(listing.holder), at=at).payment


def rows():
    models = (AheadNotice, DirectUse, GovernmentPayment)
    return [list(model.objects.order_by("pk").values()) for model in models]


def caps():
    file = Path(__file__).parents[3] / "royalties" / "data" / "government_rules.json"
    return {rule["label"]: rule["cap_bp"] for rule in json.loads(file.read_text())}


@pytest.mark.parametrize("size", ["sme", "mid", "large"])
@pytest.mark.parametrize(("agreed_on", "label"), [(R1, "R1"), (R2, "R2")])
def test_the_cap_is_owed_at_once_within_the_days_to_pay(listing, size, agreed_on, label):
    made = ahead(listing, firm_size=size, agreed_on=agreed_on)
    assert made.cap_won == made.owed_won == 300 * MILLION * caps()[label][size] // 10_000
    assert (made.rule.label, made.pay_by) == (label, TODAY + datetime.timedelta(days=made.rule.pay_days))
    account = account_of(listing)
    assert (account.open_won, account.next_by, account.is_done) == (made.owed_won, made.pay_by, False)


def test_what_was_owed_before_counts_and_nothing_more_is_owed_afterwards(listing):
    first = use(listing)
    made = ahead(listing, at=NOW + DAY)
    assert (made.cap_won, made.owed_won) == (30 * MILLION, 30 * MILLION - first.owed_won)
    later = use(listing, sold_from=datetime.date(2026, 1, 1), sold_until=datetime.date(2026, 2, 1), at=NOW + 2 * DAY)
    assert (later.owed_won, later.owed["limit"]) == (0, "paid")
    company = Given(government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="sme",
                    task_ended_on=TASK["task_ended_on"])  # fmt: skip
    contract = concluded(listing=listing, firm=OrganizationFactory())
    assert shared(paid(invoiced(due(contract))), given=company).government_won == 0
    account = account_of(listing)
    assert (account.owed_won, account.open_won, account.is_done) == (30 * MILLION, 30 * MILLION, False)
    pay(listing, 30 * MILLION, at=NOW + 3 * DAY)
    assert (account_of(listing).open_won, account_of(listing).is_done) == (0, True)


def test_a_company_that_has_grown_since_owes_no_more(listing):
    """A larger company has a higher cap; who paid the whole cap at once is done (decree art. 39(3))."""
    made = ahead(listing)
    pay(listing, made.owed_won, at=NOW + DAY)
    later = use(listing, 30_000 * MILLION, firm_size="mid", at=NOW + 2 * DAY)
    assert (later.owed_won, later.owed["left_won"], later.owed["limit"]) == (0, 0, "paid")
    grown = Given(government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="mid",
                  task_ended_on=TASK["task_ended_on"])  # fmt: skip
    contract = concluded(listing=listing, firm=OrganizationFactory())
    assert shared(paid(invoiced(due(contract))), given=grown).government_won == 0
    assert account_of(listing).is_done


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"told_on": TODAY + DAY}, DomainError, "told_on"),
        ({"told_on": R2 - DAY}, DomainError, "told_on"),
        ({"reference": " "}, DomainError, "reference"),
        ({"reference": "x" * 101}, DomainError, "reference"),
        ({"task_ended_on": R2 - DAY}, DomainError, "task_ended_on"),
        ({"firm_size": "huge"}, DomainError, "firm_size"),
        ({"research_won": 0}, DomainError, "research_won"),
        ({"agreed_on": BEFORE_2021}, NotPossibleNow, None),
        ({"agreed_on": datetime.date(2022, 1, 1), "task_ended_on": TODAY - 8 * 366 * DAY}, DomainError, None),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(listing, changes, error, field):
    with pytest.raises(error) as refused:
        ahead(listing, **changes)
    if field:
        assert refused.value.field == field
    assert not AheadNotice.objects.exists()


def test_refused_after_the_years_and_at_the_cap(listing):
    old = {"agreed_on": datetime.date(2021, 1, 1), "task_ended_on": datetime.date(2021, 6, 30)}
    over = NOW.replace(year=2028, month=7, day=1)
    with pytest.raises(NotPossibleNow, match="over"):
        ahead(listing, at=over, **old)
    use(listing, 30_000 * MILLION)
    with pytest.raises(NotPossibleNow, match="reached"):
        ahead(listing)
    assert not AheadNotice.objects.exists()


def test_only_a_company_and_only_who_keeps_its_royalties(listing):
    institute = ListingFactory(holder=OrganizationFactory(institute=True))
    with pytest.raises(NotPossibleNow):
        ahead(institute)
    for by in (
        keeper(OrganizationFactory(company=True)),
        MembershipFactory(organization=listing.holder, role=Role.VIEWER).user,
    ):
        with pytest.raises(NotAllowed):
            ahead(listing, by=by)
    assert not AheadNotice.objects.exists()


def test_clicked_twice_is_one_and_another_one_is_refused(listing):
    first = ahead(listing)
    assert ahead(listing, at=NOW + DAY).pk == first.pk
    before = rows()
    with pytest.raises(NotPossibleNow):
        ahead(listing, reference="L-2")
    assert rows() == before


def test_taken_back_in_the_order_of_what_counts_on_it(listing):
    first = use(listing)
    made = ahead(listing, at=NOW + DAY)
    by = keeper(listing.holder)
    with pytest.raises(NotPossibleNow):  # the notice counts on the use
        undo_use(use=first, reason="x", by=by, at=NOW + 2 * DAY)
    payment = pay(listing, 1, at=NOW + 2 * DAY)
    with pytest.raises(NotPossibleNow):
        undo_ahead(notice=made, reason="x", by=by, at=NOW + 3 * DAY)
    undo_payment(payment=payment, reason="x", by=by, at=NOW + 3 * DAY)
    with pytest.raises(DomainError):
        undo_ahead(notice=made, reason=" ", by=by, at=NOW + 3 * DAY)
    assert undo_ahead(notice=made, reason="x", by=by, at=NOW + 3 * DAY).is_undone
    before = rows()
    with pytest.raises(NotPossibleNow):
        undo_ahead(notice=made, reason="x", by=by, at=NOW + 4 * DAY)
    assert rows() == before
    assert account_of(listing).owed_won == first.owed_won
    assert ahead(listing, reference="L-2", at=NOW + 4 * DAY).owed_won == 30 * MILLION - first.owed_won


def test_what_is_paid_ahead_is_not_paid_before_the_letter(listing):
    """Decree art. 39(3): the agency is told in writing first. What was owed anyway may have been paid before."""
    first = use(listing, at=NOW - 9 * DAY)
    made = ahead(listing)
    before = rows()
    for paid_on, amount_won in ((TODAY - DAY, made.owed_won), (TODAY - DAY, first.owed_won + 1)):
        with pytest.raises(DomainError, match=f"{first.owed_won:,}") as refused:
            pay(listing, amount_won, paid_on=paid_on)
        assert refused.value.field == "paid_on"
    assert rows() == before
    pay(listing, first.owed_won, paid_on=TODAY - DAY)
    before = rows()
    with pytest.raises(DomainError, match="at most 0 won"):
        pay(listing, 1, "N-2", paid_on=TODAY - DAY)
    assert rows() == before
    pay(listing, made.owed_won, "N-2", paid_on=TODAY)
    assert account_of(listing).is_done


def test_no_letter_is_written_after_what_it_says_was_paid(listing):
    """The use was taken back: what was paid of it is more than was owed, and would be paid ahead before the letter."""
    first = use(listing, at=NOW - 9 * DAY)
    pay(listing, first.owed_won, at=NOW - DAY, paid_on=TODAY - DAY)
    undo_use(use=first, reason="x", by=keeper(listing.holder), at=NOW)
    again = use(listing, 500 * MILLION)
    before = rows()
    with pytest.raises(DomainError, match=f"at most {again.owed_won:,} won") as refused:
        ahead(listing)
    assert refused.value.field == "told_on"
    assert rows() == before
    row = {f.attname: getattr(ahead(ListingFactory(holder=listing.holder)), f.attname)
           for f in AheadNotice._meta.concrete_fields if f.name not in ("id", "public_id")}  # fmt: skip
    with pytest.raises(DatabaseError, match="letter"), transaction.atomic():
        AheadNotice.objects.create(**row | {"listing_id": listing.pk})
    assert ahead(listing, told_on=TODAY - DAY).cap_won == row["cap_won"]


def test_a_letter_that_was_taken_back_asks_nothing_of_a_payment(listing):
    first = use(listing)
    made = ahead(listing, at=NOW + DAY)
    undo_ahead(notice=made, reason="x", by=keeper(listing.holder), at=NOW + DAY)
    assert pay(listing, first.owed_won, paid_on=TODAY - DAY).amount_won == first.owed_won


def test_the_order_of_entries_is_that_of_the_lock(listing):
    """Who read the clock first and waited for the lock counts on the other one, and is the newer of the two."""
    first = use(listing, at=NOW + DAY)
    made = ahead(listing)  # its clock was read a day before
    payment = pay(listing, 1)
    assert first.recorded_at < made.recorded_at < payment.recorded_at
    by = keeper(listing.holder)
    with pytest.raises(NotPossibleNow):
        undo_use(use=first, reason="x", by=by, at=NOW + DAY)
    with pytest.raises(NotPossibleNow):
        undo_ahead(notice=made, reason="x", by=by, at=NOW + DAY)
    assert not rows()[0][0]["undone_at"]


def test_a_licence_carries_a_time_after_what_it_counts_on(listing):
    company = Given(government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="sme",
                    task_ended_on=TASK["task_ended_on"])  # fmt: skip
    first = use(listing, at=NOW + DAY)
    made = shared(paid(invoiced(due(concluded(listing=listing, firm=OrganizationFactory())))), given=company)
    assert made.shared_at > first.recorded_at
    with pytest.raises(NotPossibleNow):
        undo_use(use=first, reason="x", by=keeper(listing.holder), at=NOW + DAY)
    undo_sharing(distribution=made, reason="x", by=manager(listing.holder), at=NOW + DAY)
    assert undo_use(use=first, reason="x", by=keeper(listing.holder), at=NOW + DAY).is_undone


def test_a_licence_is_not_taken_back_under_it(listing):
    company = Given(government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="sme",
                    task_ended_on=TASK["task_ended_on"])  # fmt: skip
    made = shared(paid(invoiced(due(concluded(listing=listing, firm=OrganizationFactory())))), given=company)
    assert made.government_won
    ahead(listing, at=NOW + DAY)
    with pytest.raises(NotPossibleNow):
        undo_sharing(distribution=made, reason="x", by=manager(listing.holder), at=NOW + 2 * DAY)


def test_a_licence_is_not_taken_back_under_a_later_one_of_the_same_result(listing):
    """The later one was lowered to what the first had left of the cap."""
    company = Given(government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="sme",
                    task_ended_on=TASK["task_ended_on"])  # fmt: skip
    contracts = [concluded(listing=listing, firm=OrganizationFactory()) for _ in range(2)]
    first, second = (
        shared(paid(invoiced(due(contract, amount_won=800 * MILLION))), given=company) for contract in contracts
    )
    assert (first.government_won, second.government_won) == (20 * MILLION, 10 * MILLION)
    by = manager(listing.holder)
    with pytest.raises(NotPossibleNow, match="later"):
        undo_sharing(distribution=first, reason="x", by=by, at=NOW + DAY)
    assert account_of(listing).owed_won == 30 * MILLION
    for each in (second, first):
        undo_sharing(distribution=each, reason="x", by=by, at=NOW + DAY)
    assert account_of(listing).owed_won == 0


def test_the_database_keeps_it(listing):
    made = ahead(listing)
    row = {f.attname: getattr(made, f.attname) for f in AheadNotice._meta.concrete_fields
           if f.name not in ("id", "public_id")}  # fmt: skip
    other = ListingFactory(holder=listing.holder)
    for act in (
        lambda: AheadNotice.objects.update(owed_won=1),
        lambda: AheadNotice.objects.all().delete(),
        lambda: AheadNotice.objects.create(**row),
        lambda: AheadNotice.objects.create(**row | {"listing_id": other.pk, "owed_won": made.cap_won + 1}),
        lambda: AheadNotice.objects.create(**row | {"listing_id": other.pk, "reference": ""}),
        lambda: AheadNotice.objects.create(**row | {"listing_id": other.pk, "firm_size": "huge"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert list(AheadNotice.objects.values_list("pk", flat=True)) == [made.pk]


def test_the_database_keeps_payments_ahead_after_the_letter(listing):
    first = use(listing)
    made = ahead(listing, at=NOW + DAY)
    row = {"holder": listing.holder, "listing": listing, "recorded_at": NOW + 2 * DAY, "recorded_by": made.recorded_by}

    def write(reference, amount_won, paid_on):
        with transaction.atomic():
            GovernmentPayment.objects.create(reference=reference, amount_won=amount_won, paid_on=paid_on, **row)

    with pytest.raises(DatabaseError, match="letter"):
        write("N-1", first.owed_won + 1, made.told_on - DAY)
    write("N-1", first.owed_won, made.told_on - DAY)
    with pytest.raises(DatabaseError, match="letter"):
        write("N-2", 1, made.told_on - DAY)
    write("N-2", 1, made.told_on)
    assert list(GovernmentPayment.objects.order_by("pk").values_list("reference", flat=True)) == ["N-1", "N-2"]


def form(**changes):
    said = {"told_on": str(TODAY), "reference": "L-1", "agreed_on": str(R2), "task_ended_on": "2025-06-30"}
    return said | {"firm_size": "sme", "research_won": "300000000"} | changes


def test_on_pages(client, listing):
    sign_in(client, keeper(listing.holder))
    page = reverse("royalties:government_result", args=[listing.public_id])
    new = reverse("royalties:government_ahead", args=[listing.public_id])
    assert new in client.get(page).text
    assert client.get(new).status_code == 200
    for wrong in ({"told_on": "x"}, {"reference": ""}, {"research_won": "-1"}, {"firm_size": "?"}):
        assert client.post(new, form(**wrong)).status_code == 422
    assert client.post(new, form(agreed_on=str(BEFORE_2021))).status_code == 409
    assert not AheadNotice.objects.exists()
    with time_machine.travel(NOW, tick=False):
        assert [client.post(new, form()).url for _ in range(2)] == [page, page]
    shown = client.get(page)
    assert "30,000,000" in shown.text
    assert new not in shown.text
    pay(listing, 30 * MILLION)
    done = client.get(page)
    assert done.context["account"].is_done
    assert reverse("royalties:government_use", args=[listing.public_id]) not in done.text
    notice = AheadNotice.objects.get()
    undo = reverse("royalties:government_ahead_undo", args=[notice.public_id])
    assert client.post(undo, {}).status_code == 422
    undo_payment(payment=GovernmentPayment.objects.get(), reason="x", by=keeper(listing.holder), at=NOW + DAY)
    assert client.post(undo, {"reason": "wrong"}).url == page
    assert client.get(page).context["account"].owed_won == 0


def test_others_find_nothing(client, listing):
    made = ahead(listing)
    before = rows()
    for user in (
        MembershipFactory(company=True, manager=True).user,
        MembershipFactory(broker=True, manager=True).user,
        MembershipFactory(institute=True, manager=True).user,
        MembershipFactory(organization=listing.holder, role=Role.VIEWER).user,
    ):
        sign_in(client, user)
        assert client.get(reverse("royalties:government_ahead", args=[listing.public_id])).status_code == 404
        assert client.post(reverse("royalties:government_ahead", args=[listing.public_id]), form()).status_code == 404
        undo = reverse("royalties:government_ahead_undo", args=[made.public_id])
        assert client.post(undo, {"reason": "x"}).status_code == 404
        api = api_of(user)
        new = reverse("royalties-api:government-ahead", args=[listing.public_id])
        assert api.post(new, form(), format="json").status_code == 404
        undo = reverse("royalties-api:government-ahead-undo", args=[made.public_id])
        assert api.post(undo, {"reason": "x"}, format="json").status_code == 404
    assert rows() == before


def test_by_programs(listing):
    api = api_of(keeper(listing.holder))
    new = reverse("royalties-api:government-ahead", args=[listing.public_id])
    body = form(research_won=300 * MILLION)
    with time_machine.travel(NOW, tick=False):
        assert api.post(new, body | {"told_on": "x"}, format="json").status_code == 400
        assert api.post(new, body | {"more": 1}, format="json").status_code == 400
        made = api.post(new, body, format="json")
        assert (made.status_code, made.json()["owed_won"], made.json()["rule"]) == (201, 30 * MILLION, "R2")
    with time_machine.travel(NOW + DAY, tick=False):
        assert api.post(new, body, format="json").status_code == 200
        assert api.post(new, body | {"reference": "L-2"}, format="json").status_code == 409
        account = api.get(reverse("royalties-api:government-of", args=[listing.public_id])).json()
        assert (account["ahead_won"], account["is_done"], len(account["ahead"])) == (30 * MILLION, False, 1)
        undo = reverse("royalties-api:government-ahead-undo", args=[made.json()["id"]])
        assert api.post(undo, {"reason": "x"}, format="json").json()["undo_reason"] == "x"
        assert api.post(undo, {"reason": "x"}, format="json").status_code == 409
