"""From a duty to a draft: filled with what is known, never twice, and registered it does the duty."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from marketplace.core.errors import DomainError, NotAllowed
from obligations.enums import DutyState
from obligations.models import Discharge, DutyDraft, Exemption, Obligation, RnDProject
from obligations.services.discharge import NotPossibleNow
from obligations.services.draft import SamePatent, draft_for, draft_many, link_technology
from obligations.services.results import merge_results
from obligations.services.secrecy import SecurityProject
from obligations.services.settle import settle
from tech_listings.enums import ListingState
from tech_listings.models import Listing, Prefill
from tech_listings.services.edit import edit_listing
from tech_listings.services.publish import discard, withdraw
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, TODAY, ProjectFactory, ResultFactory, duty, exemption, officer
from tests.factories.tech_listings import ListingFactory, SourceFactory, patent, publish
from tests.obligations.test_states import FIELDS, WAYS


def writer(obligation, **more):
    return MembershipFactory(organization=obligation.institute, **more).user


def draft(obligation, by=None, **more):
    return draft_for(obligation=obligation, by=by or writer(obligation), at=NOW, **more)


def made_so_far():
    return (Listing.objects.count(), DutyDraft.objects.count(), Prefill.objects.count(), Discharge.objects.count())


def complete(listing, by):
    return edit_listing(
        listing=listing,
        content={"field_of_use": "수소 버스", "conditions_of_use": "협의", "deal_kinds": ["assignment"]},
        rights=None,
        seen_revision=listing.revision,
        by=by,
        at=NOW,
    )


# --- what is known ----------------------------------------------------------------------------------------------------


def test_a_draft_says_what_result_and_project_say():
    owed = duty(
        title="수소 저장 합금", number="1020240000001",
        inventors=[{"name": "김가온", "email": "kim@example.org"}, {"name": "이이음", "email": ""}],
        project__title="수소 사회", project__number="RS-2024-77", project__ministry="산업부",
    )  # fmt: skip
    listing = draft(owed).listing
    assert (listing.state, listing.holder, listing.title_ko) == ("draft", owed.institute, "수소 저장 합금")
    assert all(text in listing.summary_ko for text in ("수소 사회", "RS-2024-77", "산업부"))
    right = listing.rights.get()
    assert (right.kind, right.application_number, right.status, right.country) == (
        "patent", "1020240000001", "applied", "KR",
    )  # fmt: skip
    assert (listing.right_summary, listing.deal_kinds) == ("pending", ["non_exclusive_licence"])
    origins = {name: origin["from"] for name, origin in listing.prefill.origins.items()}
    assert origins == {"title_ko": "result", "summary_ko": "project", "rights": "result", "deal_kinds": "law"}
    assert [person["name"] for person in listing.prefill.people] == ["김가온", "이이음"]


def test_the_patent_record_says_the_rest():
    """Of a co-owner's published technology: what the register says, never what is closed."""
    owed = duty(number="1020230000007", title="Alloy")
    ListingFactory(
        title_ko="합금", title_en="Alloy of hydrogen", summary_ko="초록" * 50, keywords=["수소"], trl=6,
        ipc_codes=["C22C 14/00"], st_class="EF", field_of_use="연료전지", confidential_text="canary",
        confidential_reason="canary", price_won=1,
        rights=[patent(7, registration_on=date(2025, 1, 2), expires_on=date(2043, 1, 1), applicants="가온")],
    )  # fmt: skip
    listing = draft(owed).listing
    assert (listing.title_en, listing.title_ko) == ("Alloy", "합금")
    assert (listing.summary_ko, listing.keywords, listing.trl) == ("초록" * 50, ["수소"], 6)
    assert (listing.ipc_codes, listing.ipc_prefixes) == (["C22C 14/00"], ["C", "C22", "C22C"])
    assert (listing.st_class, listing.field_of_use, listing.price_won) == ("EF", "연료전지", None)
    assert "canary" not in listing.confidential_text + listing.confidential_reason
    right = listing.rights.get()
    assert (right.registration_number, right.status) == ("1000000070000", "registered")
    assert (right.registration_on, right.expires_on, right.applicants) == (date(2025, 1, 2), date(2043, 1, 1), "가온")
    assert listing.prefill.origins["rights"]["from"] == "patent_record"
    assert listing.prefill.origins["keywords"] == {"from": "patent_record", "value": ["수소"]}


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_what_another_institute_does_not_show_is_not_used(state):
    owed = duty(number="1020230000007")
    ListingFactory(keywords=["canary"], summary_ko="canary", rights=[patent(7)], **{state: True})
    listing = draft(owed).listing
    assert listing.keywords == []
    assert "canary" not in listing.summary_ko
    assert listing.rights.get().status == "applied"


def test_the_institutes_usual_conditions():
    owed = duty(number="")
    ListingFactory(holder=owed.institute, conditions_of_use="후속 연구")
    assert draft(owed).listing.conditions_of_use == "후속 연구"
    other = duty(ResultFactory(project=owed.project, number=""))
    SourceFactory(organization=owed.institute, conditions_of_use="공동 소유자 동의", deal_kinds=["assignment"])
    listing = draft(other).listing
    assert (listing.conditions_of_use, listing.deal_kinds) == ("공동 소유자 동의", ["assignment"])
    assert listing.prefill.origins["deal_kinds"]["from"] == "institute"


def test_the_field_of_use_of_the_projects_other_technology():
    first = duty(number="")
    complete(draft(first).listing, writer(first))
    second = duty(ResultFactory(project=first.project, number=""))
    listing = draft(second).listing
    assert (listing.field_of_use, listing.prefill.origins["field_of_use"]["from"]) == ("수소 버스", "sibling")


@pytest.mark.parametrize(
    ("kind", "right"),
    [("know_how", ("know_how", "none", "")), ("software", ("software", "none", "C-2024-1")), ("standard", None)],
)
def test_rights_by_kind(kind, right):
    owed = duty(kind=kind, number="C-2024-1")
    rights = list(draft(owed).listing.rights.values_list("kind", "status", "registration_number"))
    assert rights == ([right] if right else [])


# --- never twice ------------------------------------------------------------------------------------------------------


def test_a_second_click_finds_the_first_ones_draft():
    owed = duty()
    first, second = draft(owed), draft(owed)
    assert (first.is_new, second.is_new, first.listing) == (True, False, second.listing)
    assert made_so_far() == (1, 1, 1, 0)


def test_a_discarded_draft_is_made_anew():
    owed = duty()
    by = writer(owed)
    discard(listing=draft(owed, by).listing, by=by, at=NOW)
    assert draft(owed, by).is_new


def test_a_technology_with_the_number_is_to_be_linked():
    owed = duty(number="1020230000007")
    # Of a project nobody settled since: the number agrees, but the holder has no part in it by number alone.
    listing = ListingFactory(holder=owed.institute, draft=True, rights=[patent(7)])
    before = made_so_far()
    with pytest.raises(SamePatent) as refused:
        draft(owed)
    assert refused.value.listing == listing
    assert made_so_far() == before
    assert not link_technology(obligation=owed, listing=listing, by=writer(owed), at=NOW)
    assert draft(owed) == (listing, False)
    assert draft(duty(ResultFactory(project=owed.project, number="")), anyway=True).is_new


def test_anyway_makes_another_from_its_record():
    owed = duty(number="1020230000007")
    ListingFactory(holder=owed.institute, draft=True, keywords=["수소"], rights=[patent(7)])
    made = draft(owed, anyway=True)
    assert made.is_new
    assert made.listing.keywords == ["수소"]


def test_what_was_thrown_away_fills_nothing_in():
    owed = duty(number="1020230000007")
    ListingFactory(
        holder=owed.institute, draft=True, state=ListingState.DISCARDED, keywords=["수소"], rights=[patent(7)]
    )
    made = draft(owed).listing
    assert (made.keywords, made.prefill.origins["rights"]["from"]) == ([], "result")


# --- registered, it does the duty -------------------------------------------------------------------------------------


def test_registered_it_does_the_duty_and_withdrawn_it_does_not():
    owed = duty(kind="know_how", number="")
    by = writer(owed)
    listing = complete(draft(owed, by).listing, by)
    settle(projects=[owed.project_id], at=NOW)
    owed.refresh_from_db()
    assert (owed.state, Discharge.objects.count()) == ("due", 0)
    listing = publish(listing=listing, by=by, at=NOW)
    owed.refresh_from_db()
    assert owed.state == "listed"
    assert Discharge.objects.get().listing == listing
    withdraw(listing=listing, reason="x", by=by, at=NOW)
    owed.refresh_from_db()
    assert owed.state == "due"
    assert draft(owed, by) == (listing, False)


def test_the_draft_of_a_merged_result_does_the_duty_of_the_other():
    gone = duty(kind="know_how", number="")
    stays = duty(ResultFactory(project=gone.project, kind="know_how", number=""))
    by = writer(gone)
    listing = complete(draft(gone, by).listing, by)
    merge_results(result=gone.result, into=stays.result, by=by, at=NOW)
    assert draft(stays, by) == (listing, False)
    publish(listing=listing, by=by, at=NOW)
    stays.refresh_from_db()
    assert stays.state == "listed"


def test_linked_while_it_waits_it_does_the_duty_when_registered():
    owed = duty(kind="know_how", number="")
    by = writer(owed)
    listing = ListingFactory(holder=owed.institute, draft=True)
    assert not link_technology(obligation=owed, listing=listing, by=by, at=NOW)
    publish(listing=listing, by=by, at=NOW)
    owed.refresh_from_db()
    assert owed.state == "listed"


def test_linked_while_public_it_does_the_duty_at_once():
    owed = duty(kind="know_how", number="")
    assert link_technology(obligation=owed, listing=ListingFactory(holder=owed.institute), by=writer(owed), at=NOW)
    owed.refresh_from_db()
    assert owed.state == "listed"


def test_of_a_stranger_nothing_is_linked():
    owed = duty()
    for listing in (ListingFactory(draft=True), ListingFactory()):
        with pytest.raises(DomainError):
            link_technology(obligation=owed, listing=listing, by=writer(owed), at=NOW)
    gone = ListingFactory(holder=owed.institute, state="discarded", number=None, registered_at=None)
    with pytest.raises(NotPossibleNow):
        link_technology(obligation=owed, listing=gone, by=writer(owed), at=NOW)
    assert (DutyDraft.objects.count(), Discharge.objects.count()) == (0, 0)


# --- refused ----------------------------------------------------------------------------------------------------------


def test_exempt_says_until_when():
    owed = duty()
    exemption(owed, "granted", until=TODAY + timedelta(days=30))
    settle(projects=[owed.project_id], at=NOW)
    before = made_so_far()
    with pytest.raises(NotPossibleNow, match=r"15"):
        draft(owed)
    assert made_so_far() == before
    assert Exemption.objects.get().state == "granted"


def test_a_report_and_what_is_not_owed_have_no_draft():
    owed = duty(project__ends_on=date(2026, 1, 31))
    type(owed.result).objects.filter(pk=owed.result_id).update(deleted_at=NOW)
    settle(projects=[owed.project_id], at=NOW)
    for refused in (Obligation.objects.get(kind="final_report"), owed):
        with pytest.raises(DomainError):
            draft(refused)
    assert made_so_far() == (0, 0, 0, 0)


@pytest.mark.parametrize("state", [state for state in DutyState if state != DutyState.DUE])
@pytest.mark.parametrize("action", ["draft", "link"])
def test_only_of_what_is_due_in_every_state(state, action):
    owed = duty()
    by, listing = writer(owed), ListingFactory(holder=owed.institute, draft=True)
    for step in WAYS[state]:
        Obligation.objects.filter(pk=owed.pk).update(state=step, **FIELDS[step])
    before = made_so_far()
    with pytest.raises(NotPossibleNow):
        draft(owed, by) if action == "draft" else link_technology(obligation=owed, listing=listing, by=by, at=NOW)
    assert made_so_far() == before


def test_nothing_is_drafted_of_a_security_project():
    owed = duty()
    RnDProject.objects.update(is_security=True)
    with pytest.raises(SecurityProject):
        draft(owed)
    done = draft_many(obligations=[owed], batch=uuid4(), by=writer(owed), at=NOW)
    assert (done.made, len(done.refused)) == ([], 1)
    assert made_so_far() == (0, 0, 0, 0)


def test_a_draft_of_what_became_secret_is_not_published():
    """Without a number: only the link says where it comes from."""
    owed = duty(kind="know_how", number="")
    by = writer(owed)
    listing = complete(draft(owed, by).listing, by)
    RnDProject.objects.update(is_security=True)
    settle(projects=[owed.project_id], at=NOW)
    with pytest.raises((SecurityProject, DatabaseError)), transaction.atomic():
        publish(listing=listing, by=by, at=NOW)
    listing.refresh_from_db()
    assert listing.state != "published"


def test_the_database_keeps_a_project_open_whose_draft_is_published():
    owed = duty(kind="know_how", number="")
    by = writer(owed)
    publish(listing=complete(draft(owed, by).listing, by), by=by, at=NOW)
    Discharge.objects.update(ended_at=NOW, why_ended="undone", ended_by=by)
    with pytest.raises(DatabaseError), transaction.atomic():
        RnDProject.objects.update(is_security=True)


@pytest.mark.parametrize(
    "who", ["stranger", "firm", "broker", "other_institute", "viewer", "asked_to_join", "officer", "officer_viewer"]
)
def test_only_the_institutes_writers_make_or_link(world, who):
    owed = duty(project__lead=world.institute)
    listing = ListingFactory(holder=world.institute, draft=True)
    by, before = world.person(who), made_so_far()
    for action in (
        lambda: draft(owed, by),
        lambda: draft_many(obligations=[owed], batch=uuid4(), by=by, at=NOW),
        lambda: link_technology(obligation=owed, listing=listing, by=by, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            action()
    assert made_so_far() == before


@pytest.mark.parametrize("who", ["staff", "manager"])
def test_the_institutes_writers_may(world, who):
    assert draft(duty(project__lead=world.institute), world.person(who)).is_new


def test_officers_do_not_see_that_there_is_a_draft():
    draft(duty())
    assert not DutyDraft.objects.visible_to(officer()).exists()


# --- many -------------------------------------------------------------------------------------------------------------


def owed_by(institute, many, **more):
    project = ProjectFactory(lead=institute)
    return [duty(ResultFactory(project=project, **more)) for _ in range(many)]


def test_many_are_made_with_as_many_questions_as_few():
    by = MembershipFactory(institute=True)
    few, many = owed_by(by.organization, 3), owed_by(by.organization, 15)
    by.user.remember_memberships()
    asked = []
    for chosen in (few, many):
        with CaptureQueriesContext(connection) as questions:
            done = draft_many(obligations=chosen, batch=uuid4(), by=by.user, at=NOW)
        assert (len(done.made), done.found, done.refused) == (len(chosen), [], [])
        asked.append(len(questions))
    assert asked[0] == asked[1] < 30


def test_again_makes_only_what_is_missing_and_says_why_not():
    by = MembershipFactory(institute=True)
    chosen = owed_by(by.organization, 3)
    twin = owed_by(by.organization, 1, number=chosen[0].result.number)
    known = owed_by(by.organization, 1, number="1020230000007")
    ListingFactory(holder=by.organization, draft=True, rights=[patent(7)])
    given = {"batch": uuid4(), "by": by.user, "at": NOW}
    first = draft_many(obligations=chosen[:2], **given)
    second = draft_many(obligations=[*chosen, *twin, *known], **given)
    assert second.found == first.made
    assert len(second.made) == 1
    assert [owed for owed, _why in second.refused] == [*twin, *known]
    assert all(why for _owed, why in second.refused)
    assert DutyDraft.objects.count() == 3


def test_at_most_two_hundred():
    owed = duty()
    with pytest.raises(DomainError):
        draft_many(obligations=[owed] * 201, batch=uuid4(), by=writer(owed), at=NOW)
    assert made_so_far() == (0, 0, 0, 0)


def test_a_viewer_writes_nothing():
    owed = duty()
    with pytest.raises(NotAllowed):
        draft(owed, writer(owed, role=Role.VIEWER))
    assert made_so_far() == (0, 0, 0, 0)


def test_what_was_prefilled_is_written_once():
    listing = draft(duty()).listing
    with pytest.raises(DatabaseError), transaction.atomic():
        Prefill.objects.filter(listing=listing).update(origins={})
