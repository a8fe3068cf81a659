"""The check of requirements: domain-facts §2 for agencies and for each of the six routes, at the edges of days."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.enums.registration import CareerRoute, DocumentKind, Outcome, QualificationKind, RequirementKey
from brokers.requirements import (
    Facts,
    Lesson,
    Licence,
    Needed,
    Span,
    Staff,
    Work,
    check,
    length,
    reapply_from,
    stretches,
    worked,
)
from brokers.services.registration.load_requirements import read_product
from marketplace.core.days import add_months

TODAY = date(2026, 6, 10)
NAMES = ("key", "least", "unit", "law", "route", "is_waived")
AGENCY, TRADER = (
    [Needed(**{name: line[name] for name in NAMES}) for line in version["requirements"]] for version in read_product()
)
KEY = RequirementKey


def licence(kind=QualificationKind.LAWYER, issued_on=date(2015, 1, 1), verified=True):
    return Licence(kind, issued_on, is_verified=verified)


def person(*licences, confirmed=True, from_on=date(2024, 1, 1)):
    return Staff(licences or (licence(),), has_confirmed=confirmed, from_on=from_on)


GOOD_AGENCY = Facts(
    day=TODAY,
    is_corporation=True,
    staff=[person(), person(), person()],
    documents=frozenset({DocumentKind.ARTICLES, DocumentKind.BUSINESS_PLAN, DocumentKind.GUIDELINE}),
    has_network_text=True,
    has_network_url=True,
)
GOOD_TRADER = Facts(
    day=TODAY,
    documents=frozenset({DocumentKind.CAREER, DocumentKind.TRAINING}),
    route=CareerRoute.RESEARCHER,
    licences=[licence()],
    career=[Work(date(2020, 1, 1))],
    training=[Lesson(40, TODAY)],
)


def finding(lines, facts, key):
    found = [each for each in check(lines, facts) if each.key == key]
    assert len(found) == 1
    return found[0]


def outcome(lines, facts, key):
    return str(finding(lines, facts, key).outcome)


# --- agencies ---------------------------------------------------------------------------------------------------------


def test_a_corporation_with_everything_meets_everything():
    found = check(AGENCY, GOOD_AGENCY)
    assert [each.key for each in found] == [
        "corporation", "qualified_staff", "guideline", "network", "articles", "business_plan", "since_cancellation",
    ]  # fmt: skip
    assert {each.outcome for each in found} == {Outcome.MET}
    assert all(each.law and each.text for each in found)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"is_corporation": False}, KEY.CORPORATION),
        ({"staff": []}, KEY.QUALIFIED_STAFF),
        ({"documents": GOOD_AGENCY.documents - {DocumentKind.GUIDELINE}}, KEY.GUIDELINE),
        ({"documents": GOOD_AGENCY.documents - {DocumentKind.ARTICLES}}, KEY.ARTICLES),
        ({"documents": GOOD_AGENCY.documents - {DocumentKind.BUSINESS_PLAN}}, KEY.BUSINESS_PLAN),
        ({"has_network_text": False, "has_network_url": False}, KEY.NETWORK),
        ({"has_network_text": False}, KEY.NETWORK),
        ({"cancelled_on": TODAY}, KEY.SINCE_CANCELLATION),
    ],
)
def test_each_of_the_requirements_is_missing_by_itself(change, key):
    found = check(AGENCY, replace(GOOD_AGENCY, **change))
    assert {each.key for each in found if not each.is_met} == {key}
    assert outcome(AGENCY, replace(GOOD_AGENCY, **change), key) == "missing"


@pytest.mark.parametrize(("number", "expected"), [(2, "missing"), (3, "met"), (4, "met")])
def test_three_qualified_full_time_people(number, expected):
    facts = replace(GOOD_AGENCY, staff=[person()] * number)
    found = finding(AGENCY, facts, KEY.QUALIFIED_STAFF)
    assert (str(found.outcome), found.have, found.least) == (expected, number, 3)
    assert str(number) in found.text


@pytest.mark.parametrize("kind", list(QualificationKind))
def test_each_of_the_five_qualifications_counts(kind):
    facts = replace(GOOD_AGENCY, staff=[person(), person(), person(licence(kind))])
    assert outcome(AGENCY, facts, KEY.QUALIFIED_STAFF) == "met"


def test_one_person_with_three_licences_is_one_person():
    facts = replace(GOOD_AGENCY, staff=[person(*(licence(kind) for kind in list(QualificationKind)[:3]))])
    assert finding(AGENCY, facts, KEY.QUALIFIED_STAFF).have == 1


@pytest.mark.parametrize(
    ("third", "expected"),
    [
        (person(licence(verified=False)), "unclear"),
        (person(confirmed=False), "unclear"),
        (person(licence(verified=False), licence(QualificationKind.ENGINEER)), "met"),
        (person(from_on=TODAY), "met"),
        (person(from_on=TODAY + timedelta(days=1)), "missing"),
        (Staff((), has_confirmed=True, from_on=date(2024, 1, 1)), "missing"),
    ],
)
def test_what_is_claimed_and_not_verified_is_unclear(third, expected):
    facts = replace(GOOD_AGENCY, staff=[person(), person(), third])
    assert outcome(AGENCY, facts, KEY.QUALIFIED_STAFF) == expected


def test_a_network_that_is_only_described_is_unclear_until_something_shows_it():
    facts = replace(GOOD_AGENCY, has_network_url=False)
    assert outcome(AGENCY, facts, KEY.NETWORK) == "unclear"
    shown = replace(facts, documents=facts.documents | {DocumentKind.NETWORK})
    assert outcome(AGENCY, shown, KEY.NETWORK) == "met"


@pytest.mark.parametrize(
    ("cancelled_on", "first"),
    [
        (date(2026, 3, 10), date(2026, 9, 11)),
        (date(2025, 8, 31), date(2026, 3, 1)),  # September 1 to the end of February, which has no 31st
        (date(2025, 8, 30), date(2026, 3, 1)),
        (date(2025, 8, 29), date(2026, 3, 1)),
        (date(2025, 8, 28), date(2026, 3, 1)),
        (date(2025, 8, 27), date(2026, 2, 28)),
        (date(2024, 2, 29), date(2024, 9, 1)),
        (date(2023, 8, 29), date(2024, 3, 1)),
        (date(2023, 8, 28), date(2024, 2, 29)),
    ],
)
def test_six_months_since_a_cancellation_to_the_day(cancelled_on, first):
    assert reapply_from(cancelled_on, 6) == first
    for lines, facts in ((AGENCY, GOOD_AGENCY), (TRADER, GOOD_TRADER)):
        for offset, expected in ((-1, "missing"), (0, "met"), (1, "met")):
            now = replace(facts, cancelled_on=cancelled_on, day=first + timedelta(days=offset))
            assert outcome(lines, now, KEY.SINCE_CANCELLATION) == expected
    early = replace(GOOD_AGENCY, cancelled_on=cancelled_on, day=cancelled_on)
    assert f"{first.year}" in finding(AGENCY, early, KEY.SINCE_CANCELLATION).text


# --- traders: six routes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", list(CareerRoute))
def test_each_of_the_six_routes_needs_three_years(route):
    anniversary = date(2026, 6, 10)
    for offset, expected in ((-1, "missing"), (0, "met"), (1, "met")):
        facts = replace(
            GOOD_TRADER, route=route, day=anniversary + timedelta(days=offset), career=[Work(date(2023, 6, 10))],
            training=[Lesson(40, date(2026, 1, 1))],
        )  # fmt: skip
        by_committee = route == CareerRoute.EQUIVALENT and expected == "met"
        found = finding(TRADER, facts, KEY.CAREER)
        assert str(found.outcome) == ("unclear" if by_committee else expected)
        assert found.law.startswith(f"Act art. 14, decree art. 21({list(CareerRoute).index(route) + 1})")
        assert found.have == (36 if expected == "met" else 35)


def test_without_a_route_the_career_is_missing_and_stands_there_once():
    found = check(TRADER, replace(GOOD_TRADER, route=""))
    assert [each.key for each in found] == ["career", "training", "since_cancellation"]
    assert found[0].outcome == Outcome.MISSING
    assert "Choose the route" in found[0].text


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([], "missing"),
        ([licence(QualificationKind.TRADER)], "missing"),
        ([licence(issued_on=date(2023, 6, 11))], "missing"),
        ([licence(issued_on=date(2023, 6, 10))], "met"),
        ([licence(issued_on=date(2023, 6, 10), verified=False)], "unclear"),
        ([licence(issued_on=date(2023, 6, 11), verified=False)], "missing"),
        ([licence(issued_on=date(2015, 1, 1), verified=False), licence(issued_on=date(2024, 1, 1))], "unclear"),
        ([licence(issued_on=date(2015, 1, 1)), licence(issued_on=date(2024, 1, 1), verified=False)], "met"),
    ],
)
def test_a_licensed_career_counts_from_the_day_of_the_licence(licences, expected):
    facts = replace(GOOD_TRADER, route=CareerRoute.LICENSED, licences=licences, career=[Work(date(2010, 1, 1))])
    assert outcome(TRADER, facts, KEY.CAREER) == expected


def test_other_routes_need_no_licence():
    assert outcome(TRADER, replace(GOOD_TRADER, licences=[]), KEY.CAREER) == "met"


def test_a_career_without_a_proof_is_unclear():
    facts = replace(GOOD_TRADER, documents=frozenset({DocumentKind.TRAINING}))
    assert outcome(TRADER, facts, KEY.CAREER) == "unclear"


@pytest.mark.parametrize(
    ("lessons", "documents", "expected", "hours"),
    [
        ([Lesson(39, TODAY)], {DocumentKind.TRAINING}, "missing", 39),
        ([Lesson(40, TODAY)], {DocumentKind.TRAINING}, "met", 40),
        ([Lesson(40, TODAY)], set(), "unclear", 40),
        ([Lesson(20, TODAY), Lesson(20, date(2020, 1, 1))], {DocumentKind.TRAINING}, "met", 40),
        ([Lesson(40, TODAY + timedelta(days=1))], {DocumentKind.TRAINING}, "missing", 0),
        ([Lesson(40, TODAY, is_complete=False)], {DocumentKind.TRAINING}, "missing", 0),
        ([Lesson(None, TODAY), Lesson(40, None)], {DocumentKind.TRAINING}, "missing", 0),
        ([], {DocumentKind.TRAINING}, "missing", 0),
    ],
)
def test_forty_hours_of_training(lessons, documents, expected, hours):
    facts = replace(GOOD_TRADER, training=lessons, documents=frozenset(documents))
    found = finding(TRADER, facts, KEY.TRAINING)
    assert (str(found.outcome), found.have) == (expected, hours)


def test_what_a_version_waives_is_met_and_says_so():
    relaxed = [replace(line, is_waived=True) for line in TRADER]
    found = check(relaxed, replace(GOOD_TRADER, career=[], training=[]))
    assert {str(each.outcome) for each in found if each.key != "since_cancellation"} == {"met"}
    assert all(each.is_waived for each in found)


def test_numbers_come_from_the_version():
    stricter = [replace(line, least=line.least + 1) for line in AGENCY]
    assert outcome(stricter, GOOD_AGENCY, KEY.QUALIFIED_STAFF) == "missing"
    longer = [replace(line, least=100) for line in TRADER if line.key == KEY.CAREER]
    assert outcome(longer, GOOD_TRADER, KEY.CAREER) == "missing"


# --- counting days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (date(2023, 6, 10), date(2026, 6, 9), Span(35, 30)),
        (date(2023, 6, 10), date(2026, 6, 10), Span(36, 0)),
        (date(2023, 6, 10), date(2026, 6, 11), Span(36, 1)),
        (date(2024, 2, 29), date(2027, 2, 28), Span(35, 30)),
        (date(2024, 2, 29), date(2027, 3, 1), Span(36, 0)),
        (date(2021, 2, 28), date(2024, 2, 28), Span(36, 0)),
        (date(2024, 1, 31), date(2024, 2, 29), Span(0, 29)),
        (date(2024, 1, 31), date(2024, 3, 1), Span(1, 0)),
        (date(2023, 1, 31), date(2023, 3, 1), Span(1, 0)),
        (date(2024, 1, 1), date(2024, 2, 1), Span(1, 0)),
        (date(2024, 1, 1), date(2024, 1, 31), Span(0, 30)),
        (date(2024, 12, 31), date(2025, 1, 1), Span(0, 1)),
    ],
)
def test_months_are_complete_when_their_last_day_is_over(begin, end, expected):
    assert length(begin, end) == expected


def test_a_closed_time_counts_its_last_day():
    assert worked([Work(date(2023, 6, 10), date(2026, 6, 9))], day=TODAY) == Span(36, 0)
    assert worked([Work(date(2023, 6, 10), date(2026, 6, 8))], day=TODAY).months == 35


def test_overlapping_times_count_once_and_following_ones_are_one():
    overlapping = [Work(date(2020, 1, 1), date(2021, 12, 31)), Work(date(2021, 1, 1), date(2022, 12, 31))]
    assert worked(overlapping, day=TODAY) == Span(36, 0)
    within = [Work(date(2020, 1, 1), date(2022, 12, 31)), Work(date(2021, 1, 1), date(2021, 6, 30))]
    assert worked(within, day=TODAY) == Span(36, 0)
    following = [Work(date(2020, 1, 1), date(2021, 3, 15)), Work(date(2021, 3, 16), date(2022, 12, 31))]
    assert stretches(following, day=TODAY) == [(date(2020, 1, 1), date(2023, 1, 1))]


def test_days_that_are_left_over_make_months_of_thirty():
    apart = [Work(date(2020, 1, 1), date(2020, 1, 15)), Work(date(2021, 1, 1), date(2021, 1, 15))]
    assert worked(apart, day=TODAY) == Span(1, 0)


def test_what_has_not_begun_or_is_incomplete_counts_nothing():
    works = [Work(TODAY), Work(TODAY + timedelta(days=1)), Work(None), Work(date(2020, 1, 1), is_complete=False)]
    assert worked(works, day=TODAY) == Span(0, 0)
    assert worked([Work(TODAY - timedelta(days=1))], day=TODAY) == Span(0, 1)


DAYS = st.dates(date(2016, 1, 1), TODAY)
WORKS = st.lists(
    st.tuples(DAYS, st.one_of(st.none(), st.integers(0, 1_500))).map(
        lambda pair: Work(pair[0], None if pair[1] is None else min(TODAY, pair[0] + timedelta(days=pair[1])))
    ),
    max_size=8,
)


def days_of(works):
    """Every day worked, one by one: what the union has to be."""
    found = set()
    for work in works:
        end = TODAY if work.to_on is None else work.to_on + timedelta(days=1)
        found |= {work.from_on + timedelta(days=number) for number in range((end - work.from_on).days)}
    return found


@given(WORKS)
def test_the_union_is_every_day_once(works):
    found = stretches(works, day=TODAY)
    assert sum((end - begin).days for begin, end in found) == len(days_of(works))
    assert all(first[1] < second[0] for first, second in pairwise(found))


@given(WORKS, st.randoms())
def test_order_and_repetition_change_nothing(works, random):
    shuffled = [*works, *works[:3]]
    random.shuffle(shuffled)
    assert worked(shuffled, day=TODAY) == worked(works, day=TODAY)


@given(WORKS, DAYS)
def test_more_work_is_never_less_and_a_later_licence_never_more(works, day):
    more = worked([*works, Work(day, day)], day=TODAY)
    assert (more.months, more.days) >= (0, 0)
    assert len(days_of([*works, Work(day, day)])) >= len(days_of(works))
    since = worked(works, day=TODAY, since=day)
    before = worked(works, day=TODAY)
    assert since.months <= before.months + 1  # a stretch that begins in a long month may gain the days of it


@given(DAYS, st.integers(1, 60))
def test_months_and_their_anniversary(begin, months):
    """Complete on the day with the number of the first, and never before the last day of the month before it."""
    corresponding = add_months(begin, months)
    complete = corresponding if corresponding.day == begin.day else corresponding + timedelta(days=1)
    assert length(begin, complete) == Span(months, 0)
    assert length(begin, complete - timedelta(days=1)).months == months - 1
