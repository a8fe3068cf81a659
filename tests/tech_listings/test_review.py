"""Sending, deciding, returning: the services and what the database keeps whoever writes."""

import datetime
import threading
from zoneinfo import ZoneInfo

import pghistory
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.query import QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from obligations.models import DutyDraft, RnDProject
from obligations.services.discharge import discharge
from obligations.services.secrecy import SecurityProject
from tech_listings.enums import Decision, ListingState, Outcome, SuspendedFor
from tech_listings.models import Listing, Submission
from tech_listings.queries import last_return, not_looked_at, waiting_for_officers, waiting_kinds
from tech_listings.services import review
from tech_listings.services.approve_many import Choice, approve_many, sort_out
from tech_listings.services.edit import NotEditable, edit_listing
from tech_listings.services.exclusivity import record_ground
from tech_listings.services.market import break_off, close, contract, offer_again, resume, start_negotiation, suspend
from tech_listings.services.publish import NotComplete, NotOnOffer, discard, withdraw
from tech_listings.services.review import OwnOrganization, approve, exempt_listing, mark_reviewed, return_listing
from tech_listings.services.submission import submit, take_back
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.obligations import duty
from tests.factories.tech_listings import (
    ListingFactory,
    SourceFactory,
    an_officer,
    patent,
    publish,
    returned,
    sent,
)
from tests.threads import at_once
from tests.waiting import asks

waiting_on = asks(waiting_kinds)

AT = datetime.datetime(2026, 6, 1, 10, tzinfo=ZoneInfo("Asia/Seoul"))
LATER = AT + datetime.timedelta(days=3)


def row(listing):
    return Listing.objects.values().get(pk=listing.pk)


def edit(listing, **content):
    return edit_listing(
        listing=listing, content=content, rights=None, seen_revision=listing.revision, by=UserFactory(), at=AT
    )


def kinds_told():
    return sorted(Notification.objects.values_list("kind", flat=True))


def office_of(listing):
    return MembershipFactory(organization=listing.holder).user


# --- sending ----------------------------------------------------------------------------------------------------------


def test_what_was_sent_stays_as_it_was_sent():
    listing = ListingFactory(draft=True, title_ko="처음", rights=[patent(3)], confidential_text="kanarienvogel")
    submission = submit(listing=listing, by=UserFactory(), at=AT)
    assert submission.content["title_ko"] == "처음"
    assert submission.content["rights"][0]["application_number"] == patent(3)["application_number"]
    assert "kanarienvogel" not in str(submission.content)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Submission.objects.update(content={})
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        Submission.objects.all().delete()


@pytest.mark.parametrize("lacking", ["summary_ko", "field_of_use", "conditions_of_use"])
def test_what_is_incomplete_is_not_sent(lacking):
    listing = ListingFactory(draft=True, **{lacking: ""})
    before = row(listing)
    with pytest.raises(NotComplete) as refused:
        submit(listing=listing, by=UserFactory(), at=AT)
    assert refused.value.field == lacking
    assert row(listing) == before
    assert not Submission.objects.exists()


@pytest.mark.parametrize("in_review", [True, False])
def test_what_waits_is_not_edited_until_it_is_taken_back(in_review):
    waiting = sent(in_review=in_review)
    before = row(waiting)
    with pytest.raises(NotEditable):
        edit(waiting, title_ko="몰래")
    assert row(waiting) == before
    back = take_back(listing=waiting, by=UserFactory(), at=AT)
    assert edit(back, title_ko="고침").state == ListingState.DRAFT
    assert waiting.submissions.get().decision == Decision.TAKEN_BACK
    with pytest.raises(IllegalTransition):
        take_back(listing=back, by=UserFactory(), at=AT)


def test_what_was_registered_once_keeps_its_number_whatever_becomes_of_it():
    first = publish(listing=ListingFactory(draft=True), at=AT)
    gone = withdraw(listing=first, reason="계약", by=UserFactory(), at=AT)
    again = sent(listing=gone, at=LATER)
    with pytest.raises(DomainError):
        exempt_listing(
            listing=again, until=LATER.date() + datetime.timedelta(days=9), reason="x",
            seen_revision=again.revision, by=an_officer(), at=LATER,
        )  # fmt: skip
    back = take_back(listing=again, by=UserFactory(), at=LATER)
    assert (back.state, back.withdrawn_at) == (ListingState.WITHDRAWN, LATER)
    back = sent(listing=back, at=LATER)
    sent_back = return_listing(listing=back, marks={}, note="x", seen_revision=back.revision, by=an_officer(), at=LATER)
    with pytest.raises(NotOnOffer):
        discard(listing=sent_back, by=UserFactory(), at=LATER)
    once_more = publish(listing=sent_back, at=LATER)
    assert (once_more.number, once_more.registered_at) == (first.number, AT)


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_registering_gives_number_and_date_and_tells_the_office_once():
    waiting = sent()
    office = office_of(waiting)
    MembershipFactory(organization=waiting.holder, role=Role.VIEWER)
    done = approve(listing=waiting, seen_revision=waiting.revision, by=an_officer(), at=AT)
    assert (done.state, done.number, done.registered_at, done.reviewed_at) == ("published", "S2026000001", AT, AT)
    assert waiting.submissions.get().decision == Decision.APPROVED
    assert [(n.recipient, n.kind) for n in Notification.objects.all()] == [(office, "listing_registered")]


def test_f42_internal_moves_tell_nobody():
    holder = OrganizationFactory(institute=True)
    MembershipFactory(organization=holder)
    officer = an_officer()
    waiting = sent(holder=holder)
    take_back(listing=waiting, by=UserFactory(), at=AT)
    imported = ListingFactory(holder=holder)
    mark_reviewed(listings=[imported], by=officer, at=AT)
    assert not Notification.objects.exists()


def test_returning_says_which_fields_and_the_next_submission_says_what_changed():
    waiting = sent()
    office_of(waiting)
    back = return_listing(
        listing=waiting, marks={"conditions_of_use": " 조건을 적으세요 ", "rights": "번호"}, note="",
        seen_revision=waiting.revision, by=an_officer(), at=AT,
    )  # fmt: skip
    assert back.state == ListingState.RETURNED
    assert last_return(back).marks == {"conditions_of_use": "조건을 적으세요", "rights": "번호"}
    assert kinds_told() == ["listing_returned"]
    edited = edit(back, conditions_of_use="통상실시, 정액")
    second = submit(listing=edited, by=UserFactory(), at=AT)
    assert second.serial == 2
    assert last_return(edited).content["conditions_of_use"] == "협의"


@pytest.mark.parametrize(
    ("marks", "note", "field"),
    [({}, "  ", "note"), ({"title_ko": " "}, "x", "title_ko"), ({"pk": "x"}, "", "marks"),
     ({"confidential_text": "x"}, "", "marks"), ({"title_ko": "x" * 501}, "", "title_ko")],
)  # fmt: skip
def test_a_return_that_says_nothing_is_refused(marks, note, field):
    waiting = sent()
    before = row(waiting)
    with pytest.raises(DomainError) as refused:
        return_listing(listing=waiting, marks=marks, note=note, seen_revision=waiting.revision, by=an_officer(), at=AT)
    assert refused.value.field == field
    assert row(waiting) == before
    assert not Notification.objects.exists()


def test_not_disclosing_has_an_end_and_a_reason_and_can_be_sent_again():
    waiting, officer = sent(), an_officer()
    given = {"listing": waiting, "seen_revision": waiting.revision, "by": officer, "at": AT}
    for wrong in (
        {"until": AT.date(), "reason": "x"}, {"until": datetime.date(2028, 1, 1), "reason": " "},
        {"until": datetime.date(2029, 6, 2), "reason": "longer than three years"},
    ):  # fmt: skip
        with pytest.raises(DomainError):
            exempt_listing(**given, **wrong)
    closed = exempt_listing(**given, until=datetime.date(2028, 1, 1), reason="IP pending")
    assert (closed.state, closed.exempted_until) == ("exempted", datetime.date(2028, 1, 1))
    assert not Listing.objects.published().exists()
    assert publish(listing=closed, at=LATER).exempted_until is None


DECISIONS = {
    "approve": lambda listing, by: approve(listing=listing, seen_revision=listing.revision, by=by, at=AT),
    "return": lambda listing, by: return_listing(
        listing=listing, marks={}, note="x", seen_revision=listing.revision, by=by, at=AT
    ),
    "exempt": lambda listing, by: exempt_listing(
        listing=listing, until=datetime.date(2028, 1, 1), reason="x", seen_revision=listing.revision, by=by, at=AT
    ),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_nobody_decides_about_his_own_organization(decision):
    waiting, officer = sent(), an_officer()
    MembershipFactory(organization=waiting.holder, user=officer)
    before = row(waiting)
    with pytest.raises(OwnOrganization):
        DECISIONS[decision](waiting, officer)
    assert row(waiting) == before
    open_one = Submission.objects.filter(decision="")
    with pytest.raises(DatabaseError, match="nobody of the holder"), transaction.atomic():
        open_one.update(decision=Decision.APPROVED, decided_at=AT, decided_by=officer)
    with pytest.raises(DatabaseError, match="only an officer"), transaction.atomic():
        open_one.update(decision=Decision.RETURNED, decided_at=AT, decided_by=UserFactory())


def test_what_was_decided_is_never_changed():
    back = returned()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Submission.objects.filter(listing=back).update(note="something else")


@pytest.mark.parametrize("decision", DECISIONS)
def test_who_read_an_older_revision_is_told_by_whom_it_was_changed(decision):
    waiting, officer = sent(), an_officer()
    read = Listing.objects.get(pk=waiting.pk)
    Listing.objects.filter(pk=waiting.pk).update(revision=waiting.revision + 1, title_ko="파일이 바꿈")
    before = row(waiting)
    with pytest.raises(ChangedMeanwhile, match="changed this technology after you opened it"):
        DECISIONS[decision](read, officer)
    assert row(waiting) == before


def test_who_read_what_a_file_has_changed_since_is_told_so():
    waiting = sent()
    with pghistory.context(source="import", run="1"):
        Listing.objects.filter(pk=waiting.pk).update(revision=waiting.revision + 1, title_ko="파일이 바꿈")
    with pytest.raises(ChangedMeanwhile, match="A file import changed this technology"):
        DECISIONS["approve"](waiting, an_officer())


@pytest.mark.django_db(transaction=True)
def test_officer_and_institute_at_once_one_wins_and_nothing_is_half():
    waiting, officer, staff = sent(), an_officer(), UserFactory()
    results = at_once(
        lambda: approve(listing=waiting, seen_revision=waiting.revision, by=officer, at=AT),
        lambda: take_back(listing=waiting, seen_revision=waiting.revision, by=staff, at=AT),
    )
    assert sorted(type(r).__name__ for r in results) == ["ChangedMeanwhile", "Listing"]
    waiting.refresh_from_db()
    decision = waiting.submissions.get().decision
    assert (waiting.state, decision) in {("published", "approved"), ("draft", "taken_back")}
    assert (waiting.number is not None) == (waiting.state == "published")


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_one_returns_it_and_the_other_is_told():
    waiting, officers = sent(), [an_officer(), an_officer()]
    results = at_once(*[lambda by=by: DECISIONS["return"](waiting, by) for by in officers])
    assert sorted(type(r).__name__ for r in results) == ["ChangedMeanwhile", "Listing"]
    assert Submission.objects.get().decided_by in officers


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_decide(monkeypatch):
    """The proof that the tests above watch the lock: taken away, neither notices the other."""
    both, original = threading.Barrier(2), review.refuse_own

    def slow(listing, by):
        both.wait(5)
        return original(listing, by)

    waiting, officers = sent(), [an_officer(), an_officer()]
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *a, **k: self)
    monkeypatch.setattr(review, "refuse_own", slow)
    results = at_once(*[lambda by=by: DECISIONS["return"](waiting, by) for by in officers])
    assert "ChangedMeanwhile" not in {type(r).__name__ for r in results}


# --- after publication ------------------------------------------------------------------------------------------------


def test_what_a_file_brought_is_looked_at_afterwards_and_again_when_it_changes():
    imported = ListingFactory(source=SourceFactory(), source_key="a:1")
    mine = ListingFactory()
    officer = an_officer()
    MembershipFactory(organization=mine.holder, user=officer)
    assert list(not_looked_at()) == [imported, mine]
    assert mark_reviewed(listings=[imported, mine], by=officer, at=AT) == 1
    assert list(not_looked_at()) == [mine]
    changed = edit(Listing.objects.get(pk=imported.pk), title_ko="나중에 바꿈")
    assert changed.reviewed_at is None
    assert mark_reviewed(listings=[imported], by=officer, at=AT) == 0, "read before the change"
    assert mark_reviewed(listings=[changed], by=officer, at=AT) == 1
    assert not Submission.objects.exists()


def test_registering_counts_as_looking():
    publish(listing=ListingFactory(draft=True), at=AT)
    assert not not_looked_at().exists()


def test_suspended_is_off_the_market_and_comes_back_under_its_number():
    listing, officer = ListingFactory(), an_officer()
    office_of(listing)
    given = {"listing": listing, "seen_revision": 1, "by": officer, "at": AT}
    with pytest.raises(DomainError):
        suspend(**given, why=SuspendedFor.DISPUTE, text=" ")
    off = suspend(**given, why=SuspendedFor.DISPUTE, text="누구의 것인지 밝히세요")
    assert not Listing.objects.published().exists()
    with pytest.raises(ChangedMeanwhile):
        resume(listing=listing, seen_revision=1, by=officer, at=AT)
    back = resume(listing=off, seen_revision=off.revision, by=officer, at=AT)
    assert (back.state, back.number, back.suspended_for) == ("published", listing.number, "")
    assert kinds_told() == ["listing_resumed", "listing_suspended"]
    with pytest.raises(IllegalTransition):
        resume(listing=back, seen_revision=back.revision, by=officer, at=AT)


def test_what_is_suspended_may_be_withdrawn_by_its_holder():
    gone = withdraw(listing=ListingFactory(suspended=True), reason="끝", by=UserFactory(), at=AT)
    assert (gone.state, gone.suspended_at, gone.suspended_for) == ("withdrawn", None, "")


@pytest.mark.parametrize("outcome", Outcome)
def test_closing_says_how_it_ended_and_is_for_good(outcome):
    listing = ListingFactory()
    record_ground(listing=listing, ground="other_law", text="The agreement says so", by=UserFactory(), at=AT)
    for wrong in ({"outcome": "sold", "text": "x"}, {"outcome": outcome, "text": " "}):
        with pytest.raises(DomainError):
            close(listing=listing, by=UserFactory(), at=AT, **wrong)
    over = close(listing=listing, outcome=outcome, text="펌프 회사에", by=UserFactory(), at=AT)
    assert (over.state, over.outcome, over.closed_at) == ("closed", outcome, AT)
    with pytest.raises(NotEditable):
        edit(over, title_ko="다시")
    with pytest.raises(IllegalTransition):
        submit(listing=over, by=UserFactory(), at=AT)


def test_from_negotiation_to_contract_everybody_goes_on_seeing_it():
    listing, by = ListingFactory(), UserFactory()
    for step, state in (
        (start_negotiation, "under_negotiation"), (break_off, "published"), (start_negotiation, "under_negotiation"),
        (contract, "contracted"), (offer_again, "published"),
    ):  # fmt: skip
        assert step(listing=listing, by=by, at=AT).state == state
        assert Listing.objects.published().filter(pk=listing.pk).exists()
    for step in (break_off, contract, offer_again):
        with pytest.raises(IllegalTransition):
            step(listing=listing, by=by, at=AT)


# --- many at once -----------------------------------------------------------------------------------------------------


def choices(*listings):
    return [Choice(listing, listing.revision) for listing in listings]


def test_f41_two_hundred_registered_together_tell_each_person_of_the_office_once():
    holder, other = OrganizationFactory(institute=True), OrganizationFactory(institute=True)
    people = [MembershipFactory(organization=holder).user for _ in range(2)]
    one = MembershipFactory(organization=other).user
    many = [sent(holder=holder) for _ in range(40)]
    alone = sent(holder=other)
    batch = approve_many(choices=choices(*many, alone), by=an_officer(), at=AT)
    assert (len(batch.done), batch.left_out) == (41, [])
    told = sorted(Notification.objects.values_list("recipient", "kind"))
    assert told == sorted([(p.pk, "listings_registered") for p in people] + [(one.pk, "listing_registered")])
    assert {n.params["count"] for n in Notification.objects.filter(kind="listings_registered")} == {40}
    assert len({listing.number for listing in batch.done}) == 41


def test_as_many_questions_for_many_as_for_a_few():
    holder, officer = OrganizationFactory(institute=True), an_officer()
    asked = []
    for many in (2, 9):
        read = choices(*(sent(holder=holder, rights=[patent(many * 100 + n)]) for n in range(many)))
        officer.forget_memberships()
        with CaptureQueriesContext(connection) as questions:
            batch = approve_many(choices=read, by=officer, at=AT)
        assert len(batch.done) == many
        asked.append(len(questions))
    assert asked[0] == asked[1]


def test_one_that_must_not_be_shown_keeps_no_other_from_being_registered():
    """A project became a security project after its technology was sent."""
    holder = OrganizationFactory(institute=True)
    owed = duty(owner=holder, at=AT)
    good, secret = sent(holder=holder), sent(holder=holder)
    DutyDraft.objects.create(obligation=owed, listing=secret, made_at=AT, made_by=UserFactory())
    RnDProject.objects.filter(pk=owed.project_id).update(is_security=True)
    before = row(secret)
    batch = approve_many(choices=choices(good, secret), by=an_officer(), at=AT)
    assert batch.done == [good]
    assert ["security project" in left.why for left in batch.left_out] == [True]
    with pytest.raises(SecurityProject):
        approve(listing=secret, seen_revision=secret.revision, by=an_officer(), at=AT)
    assert row(secret) == before


def test_what_did_a_duty_of_a_security_project_is_not_registered_again():
    """Withdrawn, its discharge has ended for the time being: published, it would show the project again."""
    holder = OrganizationFactory(institute=True)
    owed, by = duty(owner=holder, kind="know_how", number="", at=AT), MembershipFactory(organization=holder).user
    public = publish(listing=ListingFactory(holder=holder, draft=True), at=AT)
    discharge(obligation=owed, listing=public, by=by, at=AT)
    withdraw(listing=public, reason="x", by=by, at=AT)
    RnDProject.objects.filter(pk=owed.project_id).update(is_security=True)
    again = sent(listing=Listing.objects.get(pk=public.pk), at=AT)
    before = row(again)
    with pytest.raises(SecurityProject):
        approve(listing=again, seen_revision=again.revision, by=an_officer(), at=AT)
    assert row(again) == before


def test_what_changed_after_it_was_read_is_left_out_and_said_to_be_so():
    officer = an_officer()
    good, edited, taken, own, returned_one = sent(), sent(), sent(), sent(), returned()
    MembershipFactory(organization=own.holder, user=officer)
    Listing.objects.filter(pk=edited.pk).update(revision=99)
    read = choices(good, edited, taken, own, returned_one)
    take_back(listing=taken, by=UserFactory(), at=AT)
    fresh = {x.pk: x for x in Listing.objects.select_related("holder")}
    would, not_these = sort_out([Choice(fresh[c.listing.pk], c.revision) for c in read], by=officer)
    assert [choice.listing for choice in would] == [good]
    assert len(not_these) == 4
    before = {pk: row(fresh[pk]) for pk in (edited.pk, taken.pk, own.pk, returned_one.pk)}
    batch = approve_many(choices=read, by=officer, at=AT)
    assert [listing.pk for listing in batch.done] == [good.pk]
    assert {left.listing.pk: bool(left.why) for left in batch.left_out} == dict.fromkeys(before, True)
    assert {pk: row(fresh[pk]) for pk in before} == before


def test_the_queue_begins_with_who_waits_longest():
    late, early = sent(at=LATER), sent(at=AT)
    assert [(x.pk, x.sent_at, x.serial, x.warnings) for x in waiting_for_officers()] == [
        (early.pk, AT, 1, 1),  # its text is that of the other one, which was there when it was checked
        (late.pk, LATER, 1, 0),
    ]


def test_a_queue_waits_on_officers_and_on_nobody_else():
    listing, officer = sent(at=AT), an_officer()
    office = officer.memberships.get().organization
    assert [item.title for item in waiting_on(officer, office)] == ["1 technology waits for registration"]
    assert waiting_on(officer, None) == []
    staff = MembershipFactory(organization=listing.holder).user
    assert waiting_on(staff, listing.holder) == waiting_on(staff, office) == []
    approve(listing=listing, seen_revision=listing.revision, by=officer, at=AT)
    assert waiting_on(officer, office) == []
