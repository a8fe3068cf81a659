"""What is counted of a broker: right, and never a figure of fewer than three."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.enums.mandates import MANDATE_STATES, DealOrigin, MandateState, OfferedBy
from brokers.enums.register import FEW
from brokers.enums.registration import RegistrationState
from brokers.models import StaffEntry
from brokers.queries.figures import cells, figures_of
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.ratings import deal, mandate, qualified, rated, verified
from tests.factories.brokers.register import agency, trader

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def figures(registration):
    return figures_of([registration], day=TODAY)[registration.pk]


@given(st.dictionaries(st.sampled_from(["", *"ABCDEFGH"]), st.integers(0, 12)))
def test_no_cell_can_be_worked_out_below_three(counts):
    found, total = cells(counts), sum(counts.values())
    if total < FEW:
        assert (found.total, found.parts, found.other) == (None, (), 0)
        return
    assert found.total == total == sum(many for _kind, many in found.parts) + found.other
    assert all(many >= FEW and kind for kind, many in found.parts)
    # What is left over is itself nothing, or of three or more: taking all named ones from the total tells nothing.
    assert found.other == 0 or found.other >= FEW
    assert all(counts[kind] == many for kind, many in found.parts)


@pytest.mark.parametrize(
    ("counts", "parts", "other"),
    [
        ({"C": 3, "H": 5}, (("C", 3), ("H", 5)), 0),
        ({"C": 1, "H": 5}, (), 6),  # 5 would tell the one
        ({"C": 1, "G": 3, "H": 9}, (("H", 9),), 4),
        ({"C": 2, "G": 1, "H": 5}, (("H", 5),), 3),
        ({"": 4, "H": 5}, (("H", 5),), 4),
    ],
)
def test_cells_by_example(counts, parts, other):
    assert (cells(counts).parts, cells(counts).other) == (parts, other)


def test_two_deals_are_not_told_three_are():
    broker = agency()
    for _ in range(2):
        deal(broker.organization)
    assert figures(broker).deals is None
    deal(broker.organization, origin=DealOrigin.PLATFORM)
    found = figures(broker)
    assert found.deals == 3
    assert found.fields.parts == (("H", 3),)
    assert (found.origins.parts, found.origins.other) == ((), 3)


@pytest.mark.parametrize(
    ("value_won", "size"),
    [
        (0, "under_10m"), (9_999_999, "under_10m"), (10_000_000, "under_50m"), (49_999_999, "under_50m"),
        (50_000_000, "under_200m"), (200_000_000, "under_1b"), (999_999_999, "under_1b"), (1_000_000_000, "from_1b"),
    ],
)  # fmt: skip
def test_bands_at_their_edges(value_won, size):
    broker = agency()
    for _ in range(3):
        deal(broker.organization, value_won=value_won)
    assert figures(broker).sizes.parts == ((size, 3),)


def test_the_median_of_the_first_answers_of_the_last_twelve_months():
    broker = agency()
    house = broker.organization
    for hours in (2, 10, 50):
        mandate(house, hours=hours)
    mandate(house, hours=1, offered_at=NOW - datetime.timedelta(days=400))  # too long ago
    mandate(house, hours=1, offered_side=OfferedBy.BROKER)  # the broker asked
    mandate(house)  # can still be answered
    found = figures(broker).answers
    assert (found.asked, found.answered, found.median) == (3, 3, 10 * HOUR)

    mandate(house, offered_at=NOW - datetime.timedelta(days=60))  # passed without an answer
    taken_back = mandate(house, offered_at=NOW - datetime.timedelta(days=60))
    by, at = taken_back.offered_by, taken_back.offered_at + HOUR
    MANDATE_STATES.move(taken_back, MandateState.WITHDRAWN, withdrawn_at=at, withdrawn_by=by)
    found = figures(broker).answers
    assert (found.asked, found.answered, found.median) == (4, 3, 10 * HOUR)


def test_a_declined_offer_is_an_answer_and_an_even_number_has_the_mean_of_both():
    broker = agency()
    for hours, state in ((2, MandateState.DECLINED), (4, None), (8, None), (16, None)):
        mandate(broker.organization, hours=hours, state=state)
    assert figures(broker).answers.median == 6 * HOUR


def test_fewer_than_three_answers_are_not_enough_but_silence_is_told():
    broker = agency()
    for hours in (2, 4):
        mandate(broker.organization, hours=hours)
    assert figures(broker).answers.asked == 0
    mandate(broker.organization, offered_at=NOW - datetime.timedelta(days=60))
    found = figures(broker).answers
    assert (found.asked, found.answered, found.median) == (3, 2, None)


def test_the_usual_fee_is_of_accepted_mandates_only():
    broker = agency()
    for fee_bp in (8_000, 9_000, 12_000, 12_500):
        mandate(broker.organization, hours=1, fee_bp=fee_bp)
    for fee_bp in (1, 2, 3):
        mandate(broker.organization, hours=1, fee_bp=fee_bp, state=MandateState.DECLINED)
        mandate(broker.organization, fee_bp=fee_bp)
    assert figures(broker).fee_bp == 9_000  # the lower of the two in the middle: a whole number that was agreed


def test_stars_from_three_on():
    broker = agency()
    for stars in (1, 5):
        rated(broker.organization, stars=stars)
    assert figures(broker).stars is None
    rated(broker.organization, stars=4)
    found = figures(broker).stars
    assert (found.count, found.median, round(found.mean, 2)) == (3, 4.0, 3.33)


def test_credentials_are_of_confirmed_staff_and_verified_ones_only():
    broker, other = agency(), agency()
    qualified(broker.organization, "lawyer", "engineer")
    qualified(broker.organization, "lawyer")
    qualified(broker.organization, "accountant", confirmed=False)
    qualified(other.organization, "accountant")
    person = UserFactory()
    verified(person, "patent_attorney")
    alone = trader(person)
    found = figures_of([broker, other, alone], day=TODAY)
    assert (found[broker.pk].staff, found[broker.pk].credentials) == (2, {"engineer": 1, "lawyer": 2})
    assert found[other.pk].credentials == {"accountant": 1}
    assert (found[alone.pk].staff, found[alone.pk].credentials) == (1, {"patent_attorney": 1, "trader": 1})


def test_who_is_a_trader_here_counts_as_one_among_the_staff_without_a_paper():
    broker = agency()
    here, paper, gone = UserFactory(), UserFactory(), UserFactory()
    trader(here)
    verified(paper, "trader")
    verified(gone, "trader")
    trader(gone, state=RegistrationState.CANCELLED)
    for person in (here, paper, gone):
        qualified(broker.organization, user=person)
    assert (figures(broker).staff, figures(broker).credentials) == (2, {"trader": 2})


def test_only_who_counts_against_the_minimum_is_counted():
    broker = agency()
    qualified(broker.organization, "lawyer")
    qualified(broker.organization)
    later = qualified(broker.organization, "engineer")
    StaffEntry.objects.filter(user=later).update(until_on=TODAY, state="ended", ended_at=NOW, ended_by=later)
    assert figures_of([broker], day=TODAY)[broker.pk].staff == 2
    found = figures_of([broker], day=TODAY + datetime.timedelta(days=1))[broker.pk]
    assert (found.staff, found.credentials) == (1, {"lawyer": 1})


def test_figures_of_one_house_stay_with_it_and_a_trader_shows_those_of_the_office():
    house = OrganizationFactory(broker=True)
    first, second = agency(house), agency()
    through, without = trader(office=house), trader()
    for _ in range(4):
        deal(house)
    found = figures_of([first, second, through, without], day=TODAY)
    assert [found[r.pk].deals for r in (first, second, through, without)] == [4, None, 4, None]


def test_many_brokers_take_as_many_questions_as_one(django_assert_num_queries):
    rows = [agency() for _ in range(7)] + [trader()]
    qualified(rows[0].organization, "lawyer")
    with django_assert_num_queries(5):
        figures_of(rows[:1], day=TODAY)
    with django_assert_num_queries(5):
        figures_of(rows, day=TODAY)
