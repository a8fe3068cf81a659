"""What the public is told by months: that no single organization's amount is learned, neither from one number nor by
taking one from another, through page, API, export or feed (docs/adr/0050)."""

import csv
import datetime
import io
import uuid
from itertools import combinations

import pytest
import time_machine
from django.test import Client

from policy.models import Snapshot
from policy.queries.figures import access
from policy.queries.figures.access import few
from policy.queries.figures.figure import Scope
from policy.queries.figures.kinds import Tally
from policy.queries.figures.money import movers_of
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import correct, freeze
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.policy.figures import NOW, YEAR, answer, institute, merged, officer
from tests.factories.policy_plans import plan_published
from tests.factories.royalties.income import concluded, due, invoiced, paid
from tests.factories.vouchers.money import issued, spend, waiting
from vouchers.enums.money import Verb
from vouchers.services.money.post import post

NEW, INCOME, USE = FIGURES["new_technologies"], FIGURES["royalty_income"], FIGURES["research_productivity"]
RATE, PAID = FIGURES["transfer_rate"], FIGURES["vouchers_paid"]
SEPTEMBER, OCTOBER, NOVEMBER = (datetime.date(2026, month, 1) for month in (9, 10, 11))
DECEMBER = NOW.replace(month=12, day=2)


def in_month(first):
    return NOW.replace(month=first.month, day=20)


def frozen(figure, month, at=DECEMBER):
    freeze(figure=figure, month=month, at=at)
    year = YEAR if figure.is_yearly else 0
    return Snapshot.objects.filter(figure=figure.code, month=month, year=year).order_by("-version")[0]


def answers(month, *amounts):
    return [answer(technologies=amount, at=in_month(month)) for amount in amounts]


def payment(month, amount_won, contract=None):
    at = in_month(month)
    line = due(contract or concluded(), amount_won=amount_won, key=f"k{amount_won}")
    return paid(invoiced(line, at=at), at=at)


def told_of(code, user=None):
    """Every value of the figure that the API tells, live and frozen."""
    client = sign_in(Client(), user) if user else Client()
    live = client.get(f"/api/v1/figures/{code}/values/").json()["live"]
    months = client.get(f"/api/v1/figures/{code}/frozen/").json()["results"]
    return [each["value"] for each in (*live, *months) if each["value"] is not None]


def read_by_everybody(code):
    """The text of whatever tells a figure to everybody."""
    yield from (
        f"/figures/{code}/", "/figures/", "/figures/export/", f"/figures/{code}/rows/?year={YEAR}",
        f"/figures/{code}/rows/?year={YEAR}&month=2026-10", f"/figures/{code}/rows/export/?year={YEAR}",
        f"/figures/{code}/rows/export/?year={YEAR}&month=2026-10", f"/api/v1/figures/{code}/values/",
        f"/api/v1/figures/{code}/frozen/", f"/api/v1/figures/{code}/rows/?year={YEAR}",
        f"/api/v1/figures/{code}/rows/?year={YEAR}&month=2026-10", "/api/v1/changes/",
        "/statistics/",
    )  # fmt: skip


def exported(client, address):
    text = client.get(address).getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def december():
    with time_machine.travel(DECEMBER, tick=False):
        yield


@pytest.mark.usefixtures("december")
class TestSubtracting:
    def test_one_answer_is_not_learned_from_two_months(self):
        """Three institutes answer, then one, then two more: what changed is told with those two."""
        answers(SEPTEMBER, 10, 11, 12)
        assert frozen(NEW, SEPTEMBER).is_told
        answers(OCTOBER, 4_077)
        assert not frozen(NEW, OCTOBER).is_told
        answers(NOVEMBER, 50_000, 600_000)
        assert frozen(NEW, NOVEMBER).is_told
        compute_all(at=DECEMBER)
        told, single = set(told_of(NEW.code)), {4_077, 50_000, 600_000}
        assert told == {33, 654_110}
        assert not {abs(a - b) for a, b in combinations(told, 2)} & single
        assert 4_110 in told_of(NEW.code, officer())

    def test_it_is_not_learned_anywhere(self):
        plan = plan_published(at=NOW, year=YEAR)
        answers(SEPTEMBER, 10, 11, 12)
        frozen(NEW, SEPTEMBER)
        answers(OCTOBER, 4_077)
        frozen(NEW, OCTOBER)
        compute_all(at=DECEMBER)
        for address in (*read_by_everybody(NEW.code), f"/plans/{plan.plan.public_id}/"):
            answered = Client().get(address)
            body = answered.getvalue().decode("utf-8-sig")
            assert answered.status_code == 200, address
            assert not any(text in body for text in ("4,077", "4077", "4,110", "4110")), address
        page = Client().get(f"/figures/{NEW.code}/")
        assert page.context["shown"].value == 33
        assert page.context["answers"].answered == 3  # of the month that is told

    def test_what_is_told_of_one_figure_counts_for_every_other(self):
        """Royalty is in three figures: one of them would tell what the others withhold."""
        for amount in (10, 11, 12):
            payment(SEPTEMBER, amount * 1_000_000)
        for each in range(3):
            answer(spent_won=10**9 + each, at=in_month(SEPTEMBER))
        assert frozen(INCOME, SEPTEMBER).is_told
        assert frozen(USE, SEPTEMBER).is_told
        payment(OCTOBER, 4_077_000)
        answers(OCTOBER, 5, 6, 7)
        assert not frozen(INCOME, OCTOBER).is_told
        assert not frozen(USE, OCTOBER).is_told
        assert Snapshot.objects.get(figure=USE.code, month=OCTOBER, year=YEAR).settled == ["expenditure"]

    def test_a_correction_is_held_against_what_was_told(self):
        answers(SEPTEMBER, 10, 11, 12)
        first = frozen(NEW, SEPTEMBER)
        answers(SEPTEMBER, 4_077)
        second = correct(snapshot=first, reason="Late", by=officer(), at=DECEMBER)
        assert (second.version, second.is_told) == (2, False)
        answers(SEPTEMBER, 50_000, 600_000)
        assert correct(snapshot=second, reason="Later", by=officer(), at=DECEMBER).is_told
        assert set(told_of(NEW.code)) == {33, 654_110}

    def test_a_correction_that_is_withheld_is_no_secret(self):
        """Else the number that was wrong would go on standing as the month's, with rows of another version under it."""
        houses = [answer(technologies=amount, at=in_month(SEPTEMBER)).institute for amount in (10, 11, 12, 13)]
        first = frozen(NEW, SEPTEMBER)
        compute_all(at=DECEMBER)
        words = "Corrected since; the new value is not told yet"
        plan = plan_published(at=NOW, year=YEAR, figure=NEW.code)
        addresses = ("/figures/", f"/figures/{NEW.code}/", f"/plans/{plan.plan.public_id}/")
        assert not any(words in Client().get(address).content.decode() for address in addresses)
        answer(houses[0], technologies=4_077, at=in_month(SEPTEMBER), version=2)
        assert not correct(snapshot=first, reason="A slip", by=officer(), at=DECEMBER).is_told
        for user, is_said in ((None, True), (officer(), False)):
            client = sign_in(Client(), user) if user else Client()
            for address in addresses:
                assert (words in client.get(address).content.decode()) is is_said, (address, user)
            [line] = [row for row in exported(client, "/figures/export/") if row[0] == NEW.code]
            assert ("Yes" in line) is is_said
        kept = Client().get(f"/api/v1/figures/{NEW.code}/frozen/").json()["results"]
        told = {each["version"]: (each["value"], each["is_corrected"]) for each in kept if each["year"] == YEAR}
        assert told == {1: (46, True), 2: (None, False)}

    def test_an_institute_has_the_rows_of_the_version_that_it_is_told(self):
        houses = [answer(technologies=amount, at=in_month(SEPTEMBER)).institute for amount in (10, 11, 12, 13)]
        first = frozen(NEW, SEPTEMBER)
        answer(houses[0], technologies=4_077, at=in_month(SEPTEMBER), version=2)
        correct(snapshot=first, reason="A slip", by=officer(), at=DECEMBER)
        query = f"year={YEAR}&month=2026-09"
        for user, version, amount in (
            (MembershipFactory(organization=houses[0]).user, 1, 10),
            (officer(), 2, 4_077),
        ):
            client = sign_in(Client(), user)
            page = client.get(f"/figures/{NEW.code}/rows/?{query}")
            body = client.get(f"/api/v1/figures/{NEW.code}/rows/?{query}").json()
            lines = exported(client, f"/figures/{NEW.code}/rows/export/?{query}")
            assert page.context["asked"].snapshot.version == body["version"] == version
            assert amount in [row.amount for row in page.context["rows"]]
            assert amount in [row["amount"] for row in body["results"]]
            assert str(amount) in [row[3] for row in lines[1:]]

    def test_a_correction_does_not_come_between_two_portions(self):
        for amount in (10, 11, 12, 13):
            answer(technologies=amount, at=in_month(SEPTEMBER))
        first, client = frozen(NEW, SEPTEMBER), sign_in(Client(), officer())
        address = f"/api/v1/figures/{NEW.code}/rows/?year={YEAR}&month=2026-09&limit=3"
        begun = client.get(address).json()
        answers(SEPTEMBER, 4_077)
        correct(snapshot=first, reason="Late", by=officer(), at=DECEMBER)
        rest = client.get(f"{address}&cursor={begun['next_cursor']}").json()
        assert (begun["version"], rest["version"], rest["next_cursor"]) == (1, 1, None)
        assert sorted(row["amount"] for row in begun["results"] + rest["results"]) == [10, 11, 12, 13]

    def test_a_correction_is_held_against_later_months_too(self):
        """What three told late of September lies, in October, beside one who told in time."""
        answers(SEPTEMBER, 10, 11, 12)
        first = frozen(NEW, SEPTEMBER)
        late = [institute() for _ in range(3)]
        answers(OCTOBER, 4_077)
        for n, each in enumerate(late):
            answer(each, technologies=50_000 + n, at=in_month(OCTOBER))
        assert frozen(NEW, OCTOBER).is_told
        for n, each in enumerate(late):
            answer(each, technologies=50_000 + n, at=in_month(SEPTEMBER), version=2)
        corrected = correct(snapshot=first, reason="Late", by=officer(), at=DECEMBER)
        assert not corrected.is_told
        assert not {abs(a - b) for a, b in combinations(told_of(NEW.code), 2)} & {4_077}

    def test_a_correction_of_the_newest_month_is_held_against_those_before_it(self):
        """Three say something else in October, and take it back when one comes in addition."""
        houses = [institute() for _ in range(3)]
        for n, each in enumerate(houses):
            answer(each, technologies=10 + n, at=in_month(SEPTEMBER))
        assert frozen(NEW, SEPTEMBER).is_told
        for n, each in enumerate(houses):
            answer(each, technologies=500 + n, at=in_month(OCTOBER), version=2)
        first = frozen(NEW, OCTOBER)
        assert first.is_told
        for n, each in enumerate(houses):
            answer(each, technologies=10 + n, at=in_month(OCTOBER), version=3)
        answers(OCTOBER, 4_077)
        assert not correct(snapshot=first, reason="Wrong", by=officer(), at=DECEMBER).is_told
        assert not {abs(a - b) for a, b in combinations(told_of(NEW.code), 2)} & {4_077}

    def test_a_month_in_which_nothing_changed_is_told(self):
        answers(SEPTEMBER, 10, 11, 12)
        assert [frozen(NEW, month).is_told for month in (SEPTEMBER, OCTOBER, NOVEMBER)] == [True, True, True]

    def test_an_earlier_year_is_frozen_once(self):
        for n in range(3):
            answer(year=YEAR - 3, technologies=10 + n, at=in_month(SEPTEMBER))
        for month in (SEPTEMBER, OCTOBER):
            freeze(figure=NEW, month=month, at=DECEMBER)
        [kept] = Snapshot.objects.filter(figure=NEW.code, year=YEAR - 3)
        assert (kept.month, kept.value, kept.is_told) == (SEPTEMBER, 33, True)
        compute_all(at=DECEMBER)
        lines = {line.year: line for line in Client().get(f"/figures/{NEW.code}/").context["years"]}
        assert lines[YEAR - 3].shown.value == 33

    def test_an_earlier_year_waits_until_it_can_be_told(self):
        """One answer is withheld, and those that come late are told with it; without a value nothing is frozen."""
        answer(year=YEAR - 3, technologies=0, at=in_month(SEPTEMBER))
        for figure in (NEW, RATE):
            freeze(figure=figure, month=SEPTEMBER, at=DECEMBER)
            assert freeze(figure=figure, month=SEPTEMBER, at=DECEMBER) == 0
        assert not Snapshot.objects.filter(figure=RATE.code, year=YEAR - 3).exists()
        assert not Snapshot.objects.get(figure=NEW.code, year=YEAR - 3).is_told
        for _ in range(3):
            answer(year=YEAR - 3, technologies=20, at=in_month(OCTOBER))
        for month in (OCTOBER, NOVEMBER):
            for figure in (NEW, RATE):
                freeze(figure=figure, month=month, at=DECEMBER)
        for figure, value in ((NEW, 60), (RATE, 0)):
            [kept] = Snapshot.objects.filter(figure=figure.code, year=YEAR - 3, is_told=True)
            assert (kept.month, kept.value) == (OCTOBER, value)

    def test_what_the_hash_would_tell_is_for_officers(self):
        answers(SEPTEMBER, 10, 11, 12)
        frozen(NEW, SEPTEMBER)
        address = f"/api/v1/figures/{NEW.code}/frozen/"
        kept = [each for each in Client().get(address).json()["results"] if each["year"] == YEAR]
        assert [(each["value"], each["rows_hash"], each["withheld"]) for each in kept] == [(33, None, None)]
        seen = sign_in(Client(), officer()).get(address).json()["results"]
        assert all(len(each["rows_hash"]) == 64 for each in seen)


@pytest.mark.usefixtures("december")
class TestOrganizations:
    def test_many_payments_of_one_firm_are_one_firm_s(self):
        firm = OrganizationFactory()
        for amount in (1, 2, 3, 4):
            payment(SEPTEMBER, amount * 1_000_000, concluded(firm=firm))
        month = frozen(INCOME, SEPTEMBER)
        assert (month.parts["rows"]["rows"], month.parts["rows"]["organizations"]) == (4, 1)
        assert not month.is_told
        assert told_of(INCOME.code) == []

    def test_so_are_many_payments_to_one_institute(self):
        holder = institute()
        for amount in (1, 2, 3, 4):
            payment(SEPTEMBER, amount * 1_000_000, concluded(holder=holder))
        assert not frozen(INCOME, SEPTEMBER).is_told

    def test_who_was_merged_is_one(self):
        houses = [institute() for _ in range(3)]
        for each in houses:
            answer(each, at=in_month(SEPTEMBER))
        merged(houses[0], houses[1])
        month = frozen(NEW, SEPTEMBER)
        assert (month.parts["rows"]["organizations"], month.is_told) == (2, False)

    @pytest.mark.parametrize(
        ("amounts", "organizations", "is_told"), [((0, 0, 7), 1, False), ((0, 0, 0), 3, True), ((0, 0), 2, False)]
    )
    def test_who_answers_nothing_does_not_hide_who_answers_something(self, amounts, organizations, is_told):
        answers(SEPTEMBER, *amounts)
        month = frozen(NEW, SEPTEMBER)
        assert (month.parts["rows"]["organizations"], month.is_told) == (organizations, is_told)
        assert NEW.tallies(Scope(datetime.date(2026, 9, 30), YEAR))["rows"].organizations == organizations

    def test_late_answers_of_nothing_do_not_hide_one_of_something(self):
        answers(SEPTEMBER, 10, 11, 12)
        frozen(NEW, SEPTEMBER)
        answers(OCTOBER, 0, 0, 4_077)
        assert not frozen(NEW, OCTOBER).is_told

    def test_nor_one_whose_something_is_gone(self):
        houses = [institute() for _ in range(4)]
        for n, each in enumerate(houses):
            answer(each, technologies=(10, 11, 12, 4_077)[n], at=in_month(SEPTEMBER))
        frozen(NEW, SEPTEMBER)
        answers(OCTOBER, 0, 0)
        answer(houses[3], technologies=0, at=in_month(OCTOBER), version=2)
        month = frozen(NEW, OCTOBER)
        assert (month.value, month.is_told) == (33, False)

    def test_a_firm_that_was_paid_is_not_hidden_by_those_that_were_not(self):
        held = [issued(at=in_month(SEPTEMBER)) for _ in range(3)]
        spend(held[0], 4_077_000)
        month = frozen(PAID, SEPTEMBER)
        assert (month.parts["denominator"]["organizations"], month.parts["numerator"]["organizations"]) == (3, 1)
        assert not month.is_told
        for each in held[1:]:
            spend(each, 1_000_000)
        assert frozen(PAID, OCTOBER).is_told

    @pytest.mark.parametrize(
        ("tally", "is_few"),
        [
            (Tally(), False),
            (Tally(9, 9, None, 2), True),
            (Tally(9, 9, None, 3), False),
            (Tally(9, 9), True),
            (Tally(9, 9, None, 0), False),
        ],
    )
    def test_fewer_than_three(self, tally, is_few):
        assert few(tally) is is_few

    def test_of_a_number_of_contracts_the_whole_counts(self):
        share = {"in_use": Tally(1, 1, None, 1), "unknown": Tally(7, 7, None, 4)}
        assert access.is_too_few(FIGURES["contracts_by_use"], share) is False
        assert access.is_too_few(FIGURES["contracts_by_use"], {"in_use": Tally(7, 7, None, 2)}) is True


class TestMovers:
    def test_what_went_and_came_back_is_nobody_s(self):
        held = [issued() for _ in range(3)]
        assert movers_of("committed_won")(None) == movers_of("available_won")(None) == 3
        post(
            line_id=held[0].line_id, verb=Verb.RETURN, amount_won=held[0].face_won, subject=uuid.uuid4(),
            key=uuid.uuid4(), by=None, at=NOW, voucher=held[0],
        )  # fmt: skip
        assert movers_of("committed_won")(None) == movers_of("available_won")(None) == 2
        spend(held[1], 1_000_000)
        assert (movers_of("committed_won")(None), movers_of("paid_won")(None)) == (2, 1)

    def test_who_was_merged_is_one(self):
        """Also where one of them has no voucher yet: its reserved money is its application's."""
        first, second, third = issued(), waiting(), waiting()
        assert movers_of("available_won")(None) == 3
        merged(first.holder, third.holder)
        assert movers_of("available_won")(None) == 2
        merged(second.holder, third.holder)
        assert movers_of("available_won")(None) == 1


@pytest.mark.usefixtures("december")
def test_a_firm_s_voucher_is_not_learned_from_what_all_have():
    """Three firms have vouchers when October is frozen; in November a fourth one comes."""
    money = FIGURES["voucher_money"]
    for _ in range(3):
        issued()
    first = frozen(money, OCTOBER)
    assert first.parts["committed"]["organizations"] == 3
    assert first.is_told
    with time_machine.travel(DECEMBER + datetime.timedelta(days=1), tick=False):
        issued(at=DECEMBER + datetime.timedelta(days=1))
        second = frozen(money, NOVEMBER, at=DECEMBER + datetime.timedelta(days=2))
    assert second.parts["committed"]["organizations"] == 4
    assert not second.is_told
    assert told_of(money.code) == [first.value]
