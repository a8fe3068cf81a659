"""What a company sells with its own result, what it owes the government of it, and what it paid (facts §4.3)."""

import datetime

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.enums import Role
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from royalties.models import DirectUse, GovernmentPayment
from royalties.queries.government import account_of
from royalties.services.government.record import Used, record_payment, record_use, undo_payment, undo_use
from royalties.services.government.result import enter_result
from royalties.services.share.plan import Given
from royalties.services.share.share import undo_sharing
from tech_listings.enums import ListingState
from tech_listings.models import Listing
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
    planned,
    rules,
    shared,
)
from tests.factories.royalties.income import staff as keeper
from tests.factories.tech_listings import ListingFactory

R1, R2 = datetime.date(2024, 12, 30), datetime.date(2024, 12, 31)
YEAR = {"sold_from": datetime.date(2025, 1, 1), "sold_until": datetime.date(2025, 12, 31)}


def given(**changes):
    """The worked example: 3 bn won of sales, contribution one half, 300 million won of the government."""
    task = {"agreed_on": R2, "task_ended_on": datetime.date(2025, 6, 30), "firm_size": "sme", "contribution_bp": 5_000}
    return Used(**YEAR | {"sales_won": 3_000 * MILLION, "research_won": 300 * MILLION} | task | changes)


@pytest.fixture
def listing():
    rules()
    return ListingFactory(holder=OrganizationFactory(company=True))


def use(listing, *, by=None, at=NOW, **changes):
    by = by or keeper(listing.holder)
    return record_use(holder=listing.holder, listing=listing, used=given(**changes), by=by, at=at).use


def pay(listing, amount_won, reference="N-1", *, by=None, paid_on=TODAY):
    said = {"paid_on": paid_on, "amount_won": amount_won, "reference": reference}
    return record_payment(
        holder=listing.holder, listing=listing, **said, by=by or keeper(listing.holder), at=NOW
    ).payment


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (DirectUse, GovernmentPayment)]


@pytest.mark.parametrize(("agreed_on", "raw_won"), [(R1, 75 * MILLION), (R2, 37_500_000)])
def test_the_worked_example_on_either_side_of_the_change(listing, agreed_on, raw_won):
    made = use(listing, agreed_on=agreed_on)
    assert (made.owed["raw_won"], made.owed_won, made.owed["limit"]) == (raw_won, 30 * MILLION, "cap")
    assert made.pay_by == TODAY + 90 * DAY


def test_years_and_licences_of_a_result_count_on_one_cap(listing):
    holder, firm = listing.holder, OrganizationFactory()
    first = use(listing, sales_won=1_000 * MILLION)
    assert first.owed_won == 12_500_000
    company = Given(
        government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="sme",
        task_ended_on=datetime.date(2025, 6, 30),
    )  # fmt: skip
    contract = concluded(listing=listing, firm=firm)
    made = shared(paid(invoiced(due(contract, amount_won=800 * MILLION))), given=company)
    assert made.government_won == 17_500_000  # of 20 million by the rate, what the cap leaves
    days = {"sold_from": datetime.date(2026, 1, 1), "sold_until": datetime.date(2026, 6, 30)}
    assert use(listing, **days).owed_won == 0
    account = account_of(listing)
    assert (account.by_use_won, account.by_licence_won, account.open_won) == (12_500_000, 17_500_000, 30 * MILLION)
    with pytest.raises(NotPossibleNow):
        undo_use(use=first, reason="x", by=keeper(holder), at=NOW)


def test_payments_lower_what_is_owed_and_never_below_nothing(listing):
    use(listing)
    pay(listing, 10 * MILLION)
    assert pay(listing, 10 * MILLION).pk == GovernmentPayment.objects.get().pk  # clicked twice
    before = rows()
    for amount_won, reference, paid_on, error in (
        (5 * MILLION, "N-1", TODAY, NotPossibleNow),
        (20 * MILLION + 1, "N-2", TODAY, NotPossibleNow),
        (1, " ", TODAY, DomainError),
        (0, "N-2", TODAY, DomainError),
        (1, "N-2", TODAY + DAY, DomainError),
    ):
        with pytest.raises(error):
            pay(listing, amount_won, reference, paid_on=paid_on)
    assert rows() == before
    assert account_of(listing).open_won == 20 * MILLION
    pay(listing, 20 * MILLION, "N-2")
    assert (account_of(listing).open_won, account_of(listing).next_by) == (0, None)
    first = GovernmentPayment.objects.get(reference="N-1")
    undo_payment(payment=first, reason="a mistake", by=keeper(listing.holder), at=NOW)
    assert account_of(listing).open_won == 10 * MILLION


def test_days_are_recorded_once_and_may_be_taken_back(listing):
    by = keeper(listing.holder)
    made = use(listing, by=by)
    assert use(listing, by=by).pk == made.pk
    with pytest.raises(NotPossibleNow):
        use(listing, by=by, sales_won=1)
    undo_use(use=made, reason="wrong sum", by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        undo_use(use=made, reason="again", by=by, at=NOW)
    assert use(listing, by=by, sales_won=0).owed_won == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sold_until": datetime.date(2024, 12, 31)}, "sold_until"),
        ({"sold_until": TODAY + DAY}, "sold_until"),
        ({"sold_until": datetime.date(2026, 1, 1)}, "sold_until"),
        ({"sales_won": -1}, "sales_won"),
        ({"firm_size": "huge"}, "firm_size"),
        ({"contribution_bp": 10_001}, "contribution_bp"),
        ({"task_ended_on": datetime.date(2020, 1, 1)}, "task_ended_on"),
        ({"research_won": 0}, "research_won"),
    ],
)
def test_what_is_wrong_is_said(listing, changes, field):
    with pytest.raises(DomainError) as refusal:
        use(listing, **changes)
    assert refusal.value.field == field
    assert not DirectUse.objects.exists()


def test_a_record_does_not_reach_over_the_last_day_on_which_it_is_owed(listing):
    """Seven years from the end of the task: of the months before, it is owed still."""
    task = {"agreed_on": datetime.date(2021, 1, 1), "task_ended_on": datetime.date(2021, 6, 30)}
    year = {"sold_from": datetime.date(2028, 1, 1), "sold_until": datetime.date(2028, 10, 31)}
    said, last = task | year | {"at": NOW.replace(year=2028)}, datetime.date(2028, 6, 30)
    with pytest.raises(DomainError, match="Record the days up to that day") as refusal:
        use(listing, **said)
    assert refusal.value.field == "sold_until"
    assert not DirectUse.objects.exists()
    within = use(listing, **said | {"sold_until": last})
    after = use(listing, **said | {"sold_from": last + DAY})
    assert (within.owed_won > 0, within.owed["ends_on"]) == (True, "2028-06-30")
    assert (after.owed_won, after.owed["limit"]) == (0, "over")


def test_institutes_owe_nothing_of_the_kind_and_nobody_records_for_another(listing):
    institute = ListingFactory(holder=OrganizationFactory(institute=True))
    with pytest.raises(NotPossibleNow):
        use(institute)
    with pytest.raises(NotAllowed):
        use(listing, by=keeper(OrganizationFactory(company=True)))
    with pytest.raises(NotAllowed):
        use(listing, by=MembershipFactory(organization=listing.holder, role=Role.VIEWER).user)
    assert not DirectUse.objects.exists()


def test_the_database_keeps_what_was_written(listing):
    use(listing)
    pay(listing, MILLION)
    for model, changes in ((DirectUse, {"sales_won": 1}), (GovernmentPayment, {"amount_won": 2})):
        for act in (lambda m=model, c=changes: m.objects.update(**c), lambda m=model: m.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()


def form(**changes):
    days = {name: str(day) for name, day in YEAR.items()}
    task = {"agreed_on": str(R2), "task_ended_on": "2025-06-30", "firm_size": "sme", "contribution_bp": "50"}
    return days | task | {"sales_won": "3000000000", "research_won": "300000000"} | changes


def test_on_pages(client, listing):
    sign_in(client, keeper(listing.holder))
    assert client.get(reverse("royalties:government")).status_code == 200
    page = reverse("royalties:government_result", args=[listing.public_id])
    new = reverse("royalties:government_use", args=[listing.public_id])
    assert client.get(new).status_code == 200
    assert client.post(new, form(sales_won="x")).status_code == 422
    assert client.post(new, form()).url == page
    assert "30,000,000" in client.get(page).text
    paying = reverse("royalties:government_pay", args=[listing.public_id])
    said = {"paid_on": str(TODAY), "amount_won": "30000001", "reference": "N-1"}
    assert client.post(paying, said | {"amount_won": "x"}).status_code == 422
    assert client.post(paying, said).status_code == 409
    assert client.post(paying, said | {"amount_won": "30000000"}).url == page
    assert client.get(page).context["account"].open_won == 0
    payment = GovernmentPayment.objects.get()
    undo = reverse("royalties:government_payment_undo", args=[payment.public_id])
    assert client.post(undo, {}).status_code == 422
    assert client.post(undo, {"reason": "wrong"}).url == page
    made = DirectUse.objects.get()
    assert client.post(reverse("royalties:government_use_undo", args=[made.public_id]), {"reason": "x"}).url == page
    assert client.get(page).context["account"].owed_won == 0


def test_others_see_nothing_of_it(client, listing):
    use(listing)
    for user, first in (
        (MembershipFactory(company=True, manager=True).user, 200),
        (MembershipFactory(institute=True, manager=True).user, 403),
        (MembershipFactory(government=True, user__second_factor=True).user, 403),
        (MembershipFactory(organization=listing.holder, role=Role.VIEWER).user, 403),
    ):
        sign_in(client, user)
        answer = client.get(reverse("royalties:government"))
        assert answer.status_code == first
        assert str(listing.public_id) not in answer.text
        before = rows()
        result = reverse("royalties:government_result", args=[listing.public_id])
        assert client.get(result).status_code == 404
        assert client.post(f"{result}use/new/", form(sold_from="2026-01-01")).status_code == 404
        assert client.post(f"{result}pay/", {"amount_won": "1"}).status_code == 404
        undo = reverse("royalties:government_use_undo", args=[DirectUse.objects.get().public_id])
        assert client.post(undo, {"reason": "x"}).status_code == 404
        assert rows() == before


def test_a_company_names_a_result_that_nobody_is_offered(client):
    rules()
    company = OrganizationFactory(company=True)
    by = keeper(company)
    sign_in(client, by)
    assert "government/new/" in client.get(reverse("royalties:government")).text
    new = reverse("royalties:government_new")
    assert client.get(new).status_code == 200
    assert client.post(new, {"title": " "}).status_code == 422
    assert not Listing.objects.exists()
    answers = [client.post(new, {"title": "전해액 첨가제"}) for _ in range(2)]
    made = Listing.objects.get()
    assert {answer.url for answer in answers} == {reverse("royalties:government_use", args=[made.public_id])}
    assert (made.holder, made.state, made.number) == (company, ListingState.DRAFT, None)
    assert "전해액" in client.get(reverse("royalties:government")).text
    assert not Listing.objects.visible_to(MembershipFactory(company=True, manager=True).user).exists()
    institute = OrganizationFactory(institute=True)
    for holder, other in ((institute, keeper(institute)), (company, keeper(OrganizationFactory(company=True)))):
        with pytest.raises((NotAllowed, NotPossibleNow)):
            enter_result(holder=holder, title="x", by=other, at=NOW)
    assert Listing.objects.count() == 1


def test_what_is_said_of_the_task_once_is_there_the_next_time(client, listing):
    sign_in(client, keeper(listing.holder))
    new = reverse("royalties:government_use", args=[listing.public_id])
    company = Given(
        government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="mid",
        task_ended_on=datetime.date(2025, 6, 30), contribution_bp=4_000,
    )  # fmt: skip
    planned(concluded(listing=listing, firm=OrganizationFactory()), company)
    said = client.get(new).context["form"].initial
    assert (said["firm_size"], said["contribution_bp"], said["research_won"]) == ("mid", 4_000, 300 * MILLION)
    use(listing, contribution_bp=2_500)
    assert client.get(new).context["form"].initial["contribution_bp"] == 2_500


def test_the_plan_of_a_company_keeps_the_contribution(client, listing):
    contract = concluded(listing=listing, firm=OrganizationFactory())
    sign_in(client, manager(listing.holder))
    page = reverse("royalties:plan", args=[contract.public_id])
    assert 'value="100"' in client.get(page).text
    said = {"seen": "0", "government_won": "300000000", "total_won": "400000000", "agreed_on": str(R2)}
    said |= {"task_ended_on": "2025-06-30", "firm_size": "sme"}
    assert client.post(page, said | {"contribution_bp": "101"}).status_code == 422
    assert not contract.share_plans.exists()
    assert client.post(page, said | {"contribution_bp": "37.5"}).status_code == 302
    assert contract.share_plans.get().contribution_bp == 3_750
    assert 'value="37.5"' in client.get(page).text


def test_the_same_days_with_another_agreement_are_another_record(listing):
    use(listing)
    before = rows()
    for changes in ({"contribution_bp": 4_000}, {"agreed_on": R1}, {"research_won": 400 * MILLION}):
        with pytest.raises(NotPossibleNow):
            use(listing, **changes)
    assert rows() == before


def test_a_licence_is_not_taken_back_under_what_counts_on_it(listing):
    company = Given(
        government_won=300 * MILLION, total_won=400 * MILLION, agreed_on=R2, firm_size="sme",
        task_ended_on=datetime.date(2025, 6, 30),
    )  # fmt: skip
    made = shared(paid(invoiced(due(concluded(listing=listing, firm=OrganizationFactory())))), given=company)
    later = use(listing, at=NOW + DAY)
    by = manager(listing.holder)
    with pytest.raises(NotPossibleNow):
        undo_sharing(distribution=made, reason="x", by=by, at=NOW + 2 * DAY)
    undo_use(use=later, reason="x", by=by, at=NOW + 2 * DAY)
    assert undo_sharing(distribution=made, reason="x", by=by, at=NOW + 2 * DAY).is_undone


def test_by_programs(listing):
    def at(name, thing=None):
        return reverse(f"royalties-api:{name}", args=[thing] if thing else [])

    with time_machine.travel(NOW, tick=False):
        api = api_of(keeper(listing.holder))
        body = {name: str(day) for name, day in YEAR.items()} | {
            "agreed_on": str(R2), "task_ended_on": "2025-06-30", "firm_size": "sme", "contribution_bp": 5_000,
            "sales_won": 3_000 * MILLION, "research_won": 300 * MILLION,
        }  # fmt: skip
        uses = at("government-uses", listing.public_id)
        first, again = (api.post(uses, body, format="json") for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert first.json()["owed_won"] == 30 * MILLION
        assert api.post(uses, body | {"sales_won": 1}, format="json").status_code == 409
        refused = api.post(uses, body | {"sold_until": "2026-12-31"}, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "sold_until")
        assert api.post(uses, body | {"unknown": 1}, format="json").status_code == 400
        payments, said = at("government-payments", listing.public_id), {"paid_on": str(TODAY), "reference": "N-1"}
        assert api.post(payments, said | {"amount_won": 10 * MILLION}, format="json").status_code == 201
        assert api.post(payments, said | {"amount_won": 9}, format="json").status_code == 409
    with time_machine.travel(NOW + DAY, tick=False):
        assert api.post(uses, body, format="json").status_code == 200
        assert api.post(payments, said | {"amount_won": 10 * MILLION}, format="json").status_code == 200
        account = api.get(at("government-of", listing.public_id)).json()
        assert (account["open_won"], account["by_use_won"], account["paid_won"]) == (
            20 * MILLION,
            30 * MILLION,
            10 * MILLION,
        )
        assert (len(account["uses"]), len(account["payments"])) == (1, 1)
        assert api.get(at("government")).json()["results"][0]["open_won"] == 20 * MILLION
        undone = api.post(at("government-payment-undo", account["payments"][0]["id"]), {"reason": "x"}, format="json")
        assert undone.json()["undo_reason"] == "x"
        again = api.post(at("government-payment-undo", account["payments"][0]["id"]), {"reason": "x"}, format="json")
        assert again.status_code == 409
        assert (
            api.post(at("government-use-undo", account["uses"][0]["id"]), {"reason": "x"}, format="json").status_code
            == 200
        )
        named = [api.post(at("government"), {"title": "첨가제"}, format="json") for _ in range(2)]
        assert [answer.status_code for answer in named] == [201, 200]
        other = api_of(keeper(OrganizationFactory(company=True)))
        before = rows()
        assert other.post(uses, body, format="json").status_code == 404
        assert other.get(at("government-of", listing.public_id)).status_code == 404
        assert other.get(at("government")).json()["results"] == []
        looks = api_of(MembershipFactory(organization=listing.holder, role=Role.VIEWER).user)
        assert looks.post(uses, body, format="json").status_code == 404
        institute = api_of(keeper(OrganizationFactory(institute=True)))
        assert institute.post(at("government"), {"title": "x"}, format="json").status_code == 409
        assert rows() == before
