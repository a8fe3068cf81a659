"""What the automatic check finds in what was sent for registration, on the texts of the demo."""

import datetime

import pytest
from django.utils import timezone

from tech_listings.demo import technology_rows
from tech_listings.enums import FindingKind, ListingState, RightStatus, Severity
from tech_listings.models import Finding, Listing
from tech_listings.search.alike import ALIKE, alike
from tech_listings.services import findings
from tech_listings.services.check import check_due, check_submission
from tech_listings.services.embed import embed_due
from tech_listings.services.findings import COMPARED_STATES, findings_of
from tech_listings.services.refresh_terms import refresh_terms
from tech_listings.services.submission import submit, take_back
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.tech_listings import REGISTERED, ListingFactory, patent, sent
from tests.threads import at_once

TODAY = datetime.date(2026, 6, 1)
COPIED = ("title_ko", "title_en", "value_ko", "value_en", "summary_ko", "summary_en", "keywords", "trl", "st_class")


def of_demo(row, holder, **changes):
    given = {name: row[name] for name in COPIED} | {
        "problem": row["problem_ko"], "effect": row["effect_ko"], "field_of_use": row["field_of_use_ko"],
        "conditions_of_use": row["conditions_of_use_ko"], "ipc_codes": row["ipc"],
    }  # fmt: skip
    return ListingFactory(holder=holder, **(given | changes))


def rows_of(state):
    return [row for row in technology_rows() if row["state"] == state]


def found(listing):
    return {(f.kind, f.severity, f.other_id) for f in findings_of(listing, on=TODAY)}


def kinds(listing):
    return {f.kind for f in findings_of(listing, on=TODAY)}


def test_in_the_demo_one_text_sent_anew_is_found_and_no_other_is_called_the_same():
    holder = OrganizationFactory(institute=True)
    published = {row["key"]: of_demo(row, holder) for row in rows_of("published")}
    refresh_terms(at=timezone.now())
    nearest = {
        key: max(alike(listing.pk, states=COMPARED_STATES, least=0).values(), default=0)
        for key, listing in published.items()
    }
    assert max(nearest.values()) < ALIKE - 0.2, max(nearest, key=lambda key: nearest[key])
    again = next(row for row in rows_of("in_review") if row["key"] == "review-perovskite-ink")
    twin = of_demo(again, OrganizationFactory(institute=True))
    original = published["perovskite-slot-coating"]
    agrees = alike(twin.pk, states=COMPARED_STATES)
    assert list(agrees) == [original.pk]
    assert agrees[original.pk] > ALIKE + 0.1


def test_classes_of_the_most_similar_technologies_are_suggested_with_the_reason():
    holder = OrganizationFactory(institute=True)
    for n in range(20):
        like = {"st_class": "EF" if n < 18 else "EB", "ipc_codes": ["H01M 10/0562"], "ipc_prefixes": ["H", "H01M"]}
        ListingFactory(holder=holder, title_ko=f"전고체 전지 고체 전해질 {n}", summary_ko="이온이 흐르는 고체", **like)
    while embed_due(at=timezone.now()):
        pass
    listing = ListingFactory(draft=True, title_ko="전고체 이차전지의 고체 전해질", st_class="LC")
    suggested = {f.kind: f for f in findings_of(listing, on=TODAY) if f.kind in {FindingKind.ST_CLASS, FindingKind.IPC}}
    assert suggested[FindingKind.ST_CLASS].params == {"suggested": "EF", "count": 18, "of": 20}
    assert "18 of the 20 most similar technologies" in suggested[FindingKind.ST_CLASS].text
    assert suggested[FindingKind.IPC].params == {"suggested": "H01M", "count": 20, "of": 20}
    fits = ListingFactory(draft=True, title_ko="전고체 이차전지의 고체 전해질", st_class="EF", ipc_codes=["H01M 4/38"])
    assert not {FindingKind.ST_CLASS, FindingKind.IPC} & kinds(fits)


def test_the_class_of_others_under_the_same_ipc_is_suggested():
    for _ in range(12):
        ListingFactory(st_class="EF", ipc_codes=["H01M 10/0562"])
    listing = ListingFactory(draft=True, st_class="LC", ipc_codes=["H01M 4/38"])
    (finding,) = [f for f in findings_of(listing, on=TODAY) if f.kind == FindingKind.ST_CLASS]
    assert finding.params == {"suggested": "EF", "count": 12, "of": 12, "ipc": "H01M"}
    assert "12 of 12 technologies under IPC H01M" in finding.text


def test_of_few_neighbours_nothing_is_concluded():
    ListingFactory(st_class="EF", ipc_codes=["H01M 10/0562"])
    assert FindingKind.ST_CLASS not in kinds(ListingFactory(draft=True, st_class="LC", ipc_codes=["H01M 4/38"]))


@pytest.mark.parametrize("same", ["application_number", "registration_number"])
@pytest.mark.parametrize("own", [True, False])
def test_a_right_of_another_technology_is_found_whoever_holds_it(same, own):
    first = ListingFactory(rights=[patent(1)])
    holder = {"holder": first.holder} if own else {}
    listing = ListingFactory(draft=True, rights=[patent(2, **{same: patent(1)[same]})], **holder)
    assert (FindingKind.SAME_NUMBER, Severity.WARNING, first.pk) in found(listing)


@pytest.mark.parametrize("state", [ListingState.DRAFT, ListingState.DISCARDED])
def test_what_an_institute_has_not_sent_is_compared_with_nothing(state):
    ListingFactory(draft=True, state=state, rights=[patent(1)], title_ko="남의 초안", summary_ko="아직 아무에게도")
    twin = ListingFactory(draft=True, rights=[patent(1)], title_ko="남의 초안", summary_ko="아직 아무에게도")
    assert not {FindingKind.SAME_NUMBER, FindingKind.ALIKE} & kinds(twin)


def test_what_waits_is_compared_too():
    other = sent(rights=[patent(1)])
    assert (FindingKind.SAME_NUMBER, Severity.WARNING, other.pk) in found(ListingFactory(rights=[patent(1)]))


@pytest.mark.parametrize("status", [RightStatus.REFUSED, RightStatus.EXPIRED, RightStatus.INVALIDATED])
def test_a_right_that_is_not_in_force_is_a_warning(status):
    (finding,) = [
        f
        for f in findings_of(ListingFactory(draft=True, rights=[patent(1, status=status)]), on=TODAY)
        if f.severity == Severity.WARNING
    ]
    assert finding.kind == FindingKind.NOT_IN_FORCE
    assert str(status.label) in finding.text


def test_a_right_past_its_day_is_a_warning():
    yesterday = TODAY - datetime.timedelta(days=1)
    assert FindingKind.EXPIRED in kinds(ListingFactory(draft=True, rights=[patent(1, expires_on=yesterday)]))
    assert FindingKind.EXPIRED not in kinds(ListingFactory(draft=True, rights=[patent(2, expires_on=TODAY)]))


def test_parts_that_are_empty_or_say_little_are_notes():
    listing = ListingFactory(
        draft=True, title_en="", value_ko="좋습니다", effect="빠르다", conditions_of_use="협의", trl=None
    )
    said = {(f.kind, f.params.get("part")) for f in findings_of(listing, on=TODAY)}
    assert {
        (FindingKind.MISSING, "title_en"), (FindingKind.MISSING, "trl"), (FindingKind.WEAK, "conditions_of_use"),
        (FindingKind.WEAK, "effect"), (FindingKind.NO_FIGURE, "value_ko"),
    } <= said  # fmt: skip
    assert all(f.severity == Severity.NOTE and f.text for f in findings_of(listing, on=TODAY))


# --- the worker -------------------------------------------------------------------------------------------------------


def test_what_was_sent_is_checked_and_waits_for_an_officer():
    other = ListingFactory(rights=[patent(1)])
    waiting = sent(in_review=False, rights=[patent(1)])
    assert waiting.state == ListingState.SUBMITTED
    revision = waiting.revision
    assert check_due(at=REGISTERED) == 1
    assert check_due(at=REGISTERED) == 0
    waiting.refresh_from_db()
    assert (waiting.state, waiting.revision) == (ListingState.IN_REVIEW, revision)
    assert waiting.submissions.get().findings.filter(kind=FindingKind.SAME_NUMBER, other=other).exists()


def test_what_was_taken_back_meanwhile_is_not_checked():
    waiting = sent(in_review=False)
    submission = waiting.submissions.get()
    take_back(listing=waiting, by=UserFactory(), at=REGISTERED)
    assert not check_submission(pk=submission.pk, at=REGISTERED)
    waiting.refresh_from_db()
    assert waiting.state == ListingState.DRAFT
    assert not Finding.objects.exists()


def test_a_text_no_program_can_read_comes_before_an_officer_all_the_same(monkeypatch):
    waiting = sent(in_review=False)

    def broken(texts):
        raise RuntimeError("no encoder")

    monkeypatch.setattr(findings.meaning, "encode", broken)
    assert check_due(at=REGISTERED) == 1
    assert [f.kind for f in waiting.submissions.get().findings.all()] == [FindingKind.UNCHECKED]
    assert Listing.objects.get(pk=waiting.pk).state == ListingState.IN_REVIEW


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_check_it_once(monkeypatch):
    # Where tasks run at once, sending would check it already.
    monkeypatch.setattr("tech_listings.services.submission.check_after_commit", lambda: None)
    for _ in range(3):
        submit(listing=ListingFactory(draft=True, trl=None), by=UserFactory(), at=REGISTERED)
    results = at_once(*[lambda: check_due(at=REGISTERED)] * 2)
    assert sum(results) == 3
    assert Finding.objects.filter(params__part="trl").count() == 3
