"""What is owed, by when, and how it is done: worked examples."""

from datetime import date, timedelta

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.utils import translation

from obligations.enums import RULE_SOURCES, DutyKind, DutyState
from obligations.models import Discharge, DutyRule, Obligation
from obligations.services.load_rules import Published, load_rules, read_product
from obligations.services.settle import settle
from tech_listings.enums import Outcome, SuspendedFor
from tech_listings.services.exclusivity import record_ground
from tech_listings.services.market import close, contract, resume, start_negotiation, suspend
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.obligations import NOW, TODAY, ProjectFactory, ResultFactory, at_day, duty, exemption, named, rules
from tests.factories.tech_listings import ListingFactory, an_officer, patent, publish


def owed(project):
    return {(o.kind, o.result_id): (o.state, o.due_on, o.latest_on) for o in Obligation.objects.filter(project=project)}


def listed(result, **changes):
    right = patent() | {"application_number": result.number}
    return ListingFactory(holder=result.owner, rights=[right], **changes)


def test_a_result_is_owed_on_the_day_of_its_completion():
    found = duty(completed_on=date(2026, 2, 28))
    assert (found.due_on, found.latest_on) == (date(2026, 2, 28), date(2026, 8, 31))
    assert (found.state, found.institute) == (DutyState.DUE, found.result.owner)


@pytest.mark.parametrize(
    ("ends_on", "due"), [(date(2025, 12, 31), date(2026, 3, 1)), (date(2026, 4, 30), date(2026, 6, 29))]
)
def test_the_final_report_is_due_60_days_after_the_agreement(ends_on, due):
    rules()
    project = ProjectFactory(ends_on=ends_on)
    settle(projects=[project.pk], at=NOW)
    assert owed(project) == {("final_report", None): ("due", due, due)}


def test_the_publication_is_due_three_months_after_the_report_was_handed_in():
    rules()
    project = ProjectFactory(ends_on=date(2025, 12, 31), report_submitted_on=date(2026, 2, 28))
    settle(projects=[project.pk], at=NOW)
    assert owed(project)[("publication", None)] == ("due", date(2026, 5, 31), date(2026, 5, 31))
    assert owed(project)[("final_report", None)][0] == "listed"

    type(project).objects.filter(pk=project.pk).update(report_published_on=date(2026, 3, 1))
    settle(projects=[project.pk], at=NOW)
    assert owed(project)[("publication", None)][0] == "listed"

    type(project).objects.filter(pk=project.pk).update(report_published_on=None, report_submitted_on=None)
    settle(projects=[project.pk], at=NOW)
    assert {kind: row[0] for (kind, _), row in owed(project).items()} == {
        "final_report": "due",
        "publication": "dropped",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"is_expected": True},
        {"completed_on": TODAY + timedelta(days=1)},
        {"deleted_at": NOW},
        {"project__deleted_at": NOW},
        {"project__is_security": True},
        {"completed_on": date(2014, 12, 15)},  # before the rule was in force
    ],
)
def test_what_is_not_owed(given):
    rules()
    result = ResultFactory(**given)
    settle(projects=[result.project_id], at=NOW)
    assert not Obligation.objects.exists()


def test_the_day_is_that_of_korea():
    rules()
    result = ResultFactory(completed_on=date(2026, 6, 16))
    settle(projects=[result.project_id], at=at_day(date(2026, 6, 15), hour=23))
    assert not Obligation.objects.exists()
    settle(projects=[result.project_id], at=at_day(date(2026, 6, 16), hour=0))
    assert Obligation.objects.count() == 1


def test_the_version_in_force_on_the_day_counts():
    rules()
    rule = next(row for row in read_product() if row["kind"] == "listing")
    load_rules(rules=[rule | {"version": 2, "effective_from": date(2026, 5, 1), "due_days": 30}])
    old, new = duty(completed_on=date(2026, 4, 30)), duty(completed_on=date(2026, 5, 1))
    assert (old.rule.version, old.due_on) == (1, date(2026, 4, 30))
    assert (new.rule.version, new.due_on) == (2, date(2026, 5, 31))


def test_a_version_can_be_told_by_the_agreement():
    rules()
    rule = next(row for row in read_product() if row["kind"] == "listing")
    later = {"version": 2, "effective_from": date(2026, 1, 1), "due_days": 30, "selected_by": "agreement"}
    load_rules(rules=[rule | later])
    assert duty(project__starts_on=date(2025, 12, 31)).rule.version == 1
    assert duty(project__starts_on=date(2026, 1, 1)).rule.version == 2


def test_a_published_version_is_never_changed():
    rules()
    before = list(DutyRule.objects.values().order_by("pk"))
    assert load_rules(rules=read_product()) == (0, 3)
    with pytest.raises(Published):
        load_rules(rules=[read_product()[0] | {"due_days": 1}])
    for change in (lambda rows: rows.update(due_days=1), lambda rows: rows.delete()):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change(DutyRule.objects.filter(kind="listing"))
    assert list(DutyRule.objects.values().order_by("pk")) == before


def test_a_corrected_date_moves_the_duty_and_what_was_accepted_stays_within_the_law():
    found = duty(completed_on=date(2026, 6, 1))
    officer = MembershipFactory(government=True).user
    Obligation.objects.filter(pk=found.pk).update(
        extended_to=date(2026, 8, 1), extension_reason="Abroad", extended_at=NOW, extended_by=officer
    )
    for completed_on, extended_to in ((date(2026, 1, 10), date(2026, 7, 10)), (date(2026, 5, 1), date(2026, 7, 10))):
        type(found.result).objects.filter(pk=found.result_id).update(completed_on=completed_on)
        settle(projects=[found.project_id], at=NOW)
        found.refresh_from_db()
        assert (found.due_on, found.extended_to) == (completed_on, extended_to)


def test_an_extension_that_a_corrected_date_overtakes_is_gone():
    found = duty(completed_on=date(2026, 3, 1))
    Obligation.objects.filter(pk=found.pk).update(
        extended_to=date(2026, 4, 1),
        extension_reason="Abroad",
        extended_at=NOW,
        extended_by=MembershipFactory(government=True).user,
    )
    type(found.result).objects.filter(pk=found.result_id).update(completed_on=date(2026, 5, 1))
    settle(projects=[found.project_id], at=NOW)
    found.refresh_from_db()
    assert (found.due_on, found.extended_to, found.extended_by, found.extension_reason) == (
        date(2026, 5, 1), None, None, "",
    )  # fmt: skip


# --- found, verified, open again --------------------------------------------------------------------------------------


def test_a_published_technology_with_its_number_does_it_and_verifies_it():
    result = ResultFactory()
    listing = listed(result)
    found = duty(result)
    assert (found.state, found.verified_how, found.verified_by) == (DutyState.VERIFIED, "automatic", None)
    assert list(Discharge.objects.values_list("listing", "by", "ended_at")) == [(listing.pk, None, None)]


@pytest.mark.parametrize("what", ["draft", "other holder", "other number", "lapsed", "claimed twice", "no part"])
def test_what_does_not_agree_is_not_found(what):
    result = ResultFactory()
    right = patent() | {"application_number": result.number}
    more = {"holder": result.owner, "rights": [right]}
    if what == "draft":
        more["draft"] = True
    if what == "other holder":
        more["holder"] = OrganizationFactory(institute=True)
    if what == "other number":
        more["rights"] = [right | {"application_number": "1020259999999"}]
    if what == "lapsed":
        more["rights"] = [right | {"status": "expired"}]
    if what == "claimed twice":
        ResultFactory(number=result.number)
    if what == "no part":
        result.owner = more["holder"] = OrganizationFactory(institute=True)
        result.save()
    ListingFactory(**more)
    assert duty(result).state == DutyState.DUE


def test_a_partner_that_owns_the_result_is_verified():
    partner = OrganizationFactory(institute=True)
    result = ResultFactory(project__with_partners=[partner], owner=partner)
    listed(result)
    assert duty(result).state == DutyState.VERIFIED


def test_withdrawn_opens_the_duty_again_and_published_again_does_it():
    result = ResultFactory()
    listing, found = listed(result), duty(result)
    user = MembershipFactory(organization=result.owner).user

    withdraw(listing=listing, reason="Licensed", by=user, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.done_at, found.verified_at) == (DutyState.DUE, None, None)
    assert Discharge.objects.get().why_ended == "withdrawn"
    assert user.notifications.filter(kind="duty_open_again").count() == 1

    publish(listing=listing, by=user, at=NOW)
    found.refresh_from_db()
    assert found.state == DutyState.VERIFIED
    assert Discharge.objects.get().ended_at is None


def test_suspended_opens_the_duty_again_and_back_on_the_market_does_it():
    result = ResultFactory()
    listing, found = listed(result), duty(result)
    officer = an_officer()
    off = suspend(
        listing=listing, why=SuspendedFor.DISPUTE, text="Whose?", seen_revision=listing.revision, by=officer, at=NOW
    )
    found.refresh_from_db()
    assert found.state == DutyState.DUE
    resume(listing=off, seen_revision=off.revision, by=officer, at=NOW)
    found.refresh_from_db()
    assert found.state == DutyState.VERIFIED


@pytest.mark.parametrize("step", ["under_negotiation", "contracted"])
def test_what_is_negotiated_about_goes_on_doing_the_duty(step):
    result = ResultFactory()
    listing, found = listed(result), duty(result)
    start_negotiation(listing=listing, by=UserFactory(), at=NOW)
    if step == "contracted":
        contract(listing=listing, by=UserFactory(), at=NOW)
    settle(projects=[result.project_id], at=NOW)
    found.refresh_from_db()
    assert found.state == DutyState.VERIFIED


@pytest.mark.parametrize("outcome", Outcome)
def test_closed_after_a_deal_has_done_the_duty_closed_without_one_has_not(outcome):
    result = ResultFactory()
    listing, found = listed(result), duty(result)
    record_ground(listing=listing, ground="other_law", text="The agreement says so", by=UserFactory(), at=NOW)
    close(listing=listing, outcome=outcome, text="So it ended", by=UserFactory(), at=NOW)
    settle(projects=[result.project_id], at=NOW)
    found.refresh_from_db()
    assert found.state == (DutyState.DUE if outcome == Outcome.NOT_TRADED else DutyState.VERIFIED)


def test_rights_that_lapse_open_the_duty_again():
    result = ResultFactory()
    listing, found = listed(result), duty(result)
    type(listing).objects.filter(pk=listing.pk).update(right_summary="lapsed")
    settle(projects=[result.project_id], at=NOW)
    found.refresh_from_db()
    assert (found.state, Discharge.objects.get().why_ended) == (DutyState.DUE, "lapsed")


def test_publishing_a_draft_does_the_duty_in_the_same_breath():
    result = ResultFactory()
    draft, found = listed(result, draft=True), duty(result)
    assert found.state == DutyState.DUE
    publish(listing=draft, by=MembershipFactory(organization=result.owner).user, at=NOW)
    found.refresh_from_db()
    assert found.state == DutyState.VERIFIED


def test_an_exemption_ends_with_its_day_and_the_duty_is_back():
    found = duty()
    exemption(found, "granted", until=TODAY + timedelta(days=10))
    settle(projects=[found.project_id], at=NOW)
    found.refresh_from_db()
    assert found.state == DutyState.EXEMPT

    settle(projects=[found.project_id], at=at_day(TODAY + timedelta(days=10)))
    found.refresh_from_db()
    assert found.state == DutyState.EXEMPT
    settle(projects=[found.project_id], at=at_day(TODAY + timedelta(days=11), hour=0))
    found.refresh_from_db()
    assert (found.state, found.exemptions.get().state) == (DutyState.DUE, "ended")
    assert found.exemptions.get().asked_by.notifications.filter(kind="exemption_expired").count() == 1


def test_a_duty_that_needs_two_technologies_is_done_by_two():
    result = ResultFactory(number="")
    found = duty(result)
    Obligation.objects.filter(pk=found.pk).update(listings_needed=2)
    for state in (DutyState.DUE, DutyState.LISTED):
        named(found, ListingFactory(holder=result.owner))
        settle(projects=[result.project_id], at=NOW)
        found.refresh_from_db()
        assert found.state == state


def test_one_technology_does_several_duties():
    project = ProjectFactory()
    first, second = ResultFactory.create_batch(2, project=project)
    ListingFactory(
        holder=project.lead,
        rights=[
            patent(1) | {"application_number": first.number},
            patent(2) | {"application_number": second.number},
        ],
    )
    assert duty(first).state == duty(second).state == DutyState.VERIFIED
    assert Discharge.objects.count() == 2


def test_the_second_time_nothing_is_written():
    for state in ("granted", "asked"):
        exemption(duty(), state)
    result = ResultFactory(project__ends_on=date(2026, 1, 1), project__report_submitted_on=date(2026, 2, 1))
    listed(result)
    duty(result)
    projects = list(Obligation.objects.values_list("project", flat=True))
    settle(projects=projects, at=NOW)
    before = list(Obligation.objects.values().order_by("pk"))
    assert settle(projects=projects, at=NOW) == {}
    assert list(Obligation.objects.values().order_by("pk")) == before
    assert {o["kind"] for o in before} == set(DutyKind.values)


def test_the_catalogues_know_the_source_of_every_rule():
    assert {row["source"] for row in read_product()} == set(RULE_SOURCES)
    with translation.override("ko"):
        assert all("시행령" in DutyRule(source=source).why for source in RULE_SOURCES)
