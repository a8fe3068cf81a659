"""Licences belong to persons; a person counts for one agency at a time; the clock of an agency below its minimum."""

import datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.services.close import personal_data
from accounts.services.leave import end_membership
from brokers.models import ChangeNotice, Qualification, StaffEntry
from brokers.services.duties.minimum import settle_minimum, standing, unsettled
from brokers.services.duties.qualify import decide_qualification, enter_qualification
from brokers.services.duties.staff import answer_staff, end_staff, name_staff
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.duties import (
    EARLIER,
    LONG_AGO,
    NOW,
    TODAY,
    counted,
    licence,
    licence_in,
    manager_of,
    minimum,
    named,
    verified,
)
from tests.factories.brokers.fees import officer
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.standing import put_into

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def rows(model):
    return list(model.objects.order_by("pk").values())


def told(user, kind):
    return Notification.objects.filter(recipient=user, kind=f"broker_{kind}").count()


def test_a_person_enters_a_licence_and_officers_are_told():
    governor, person = officer(), UserFactory()
    made = licence(person, number="  12-345 ")
    assert (made.user, made.number, made.state) == (person, "12-345", "claimed")
    assert told(governor, "licence_entered") == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "cook"}, "kind"),
        ({"number": " "}, "number"),
        ({"number": "1" * 41}, "number"),
        ({"issued_on": TODAY + DAY}, "issued_on"),
        ({"issued_on": datetime.date(202, 1, 1)}, "issued_on"),
    ],
)
def test_a_licence_that_cannot_be(change, field):
    given = {"kind": "lawyer", "number": "1", "issued_on": TODAY} | change
    with pytest.raises(DomainError) as refusal:
        enter_qualification(**given, by=UserFactory(), at=NOW)
    assert refusal.value.field == field
    assert not Qualification.objects.exists()


def test_a_number_is_entered_once_and_anew_after_a_rejection():
    first = licence(number="77")
    with pytest.raises(DomainError):
        licence(number="77")
    decide_qualification(qualification=first, accept=False, text="Another name stands there", by=officer(), at=NOW)
    assert licence(first.user, number="77").state == "claimed"


def test_deciding_needs_an_officer_who_is_not_the_person():
    governor = officer()
    mine, other = licence(governor), licence()
    before = rows(Qualification)
    for made, by in ((mine, governor), (other, UserFactory()), (other, other.user)):
        with pytest.raises(NotAllowed):
            decide_qualification(qualification=made, accept=True, text="", by=by, at=NOW)
    with pytest.raises(DomainError) as refusal:
        decide_qualification(qualification=other, accept=False, text=" ", by=governor, at=NOW)
    assert refusal.value.field == "text"
    assert rows(Qualification) == before


def test_second_officer_hears_who_was_first():
    made, first = licence(), officer(user__name="Kim")
    decide_qualification(qualification=made, accept=True, text="", by=first, at=NOW)
    with pytest.raises(NotPossibleNow, match="Kim"):
        decide_qualification(qualification=made, accept=True, text="", by=officer(), at=NOW)
    assert told(made.user, "licence_verified") == 1


@pytest.mark.parametrize("state", ["claimed", "verified", "rejected"])
def test_the_database_keeps_a_licence_as_it_was_entered(state):
    made = licence_in(state)
    before = rows(Qualification)
    for change in ({"number": "9"}, {"kind": "lawyer"}, {"user": UserFactory()}, {"issued_on": TODAY}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Qualification.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM brokers_qualification WHERE id = %s", [made.pk])
    assert rows(Qualification) == before


def test_the_database_lets_only_another_officer_decide():
    governor = officer()
    mine, other = licence(governor), licence()
    for made, by in ((mine, governor), (other, UserFactory())):
        with pytest.raises(DatabaseError), transaction.atomic():
            Qualification.objects.filter(pk=made.pk).update(state="verified", decided_at=NOW, decided_by=by)
    assert Qualification.objects.filter(state="claimed").count() == 2


def test_a_member_is_named_told_and_confirms():
    organization = OrganizationFactory(broker=True)
    entry = named(organization)
    assert told(entry.user, "staff_named") == 1
    answer_staff(entry=entry, accept=True, by=entry.user, at=NOW)
    entry.refresh_from_db()
    assert (entry.state, entry.answered_at) == ("confirmed", NOW)
    assert told(entry.named_by, "staff_confirmed") == 1
    assert standing(organization, TODAY).counting == 0  # no licence yet
    verified(entry.user)
    assert standing(organization, TODAY).counting == 1


def test_who_names_and_who_can_be_named():
    organization = OrganizationFactory(broker=True)
    manager, staff = manager_of(organization), MembershipFactory(organization=organization).user
    firm = MembershipFactory(manager=True)
    for given in (
        {"organization": organization, "user": staff, "by": staff},
        {"organization": organization, "user": staff, "by": manager_of(OrganizationFactory(broker=True))},
        {"organization": firm.organization, "user": firm.user, "by": firm.user},
    ):
        with pytest.raises(NotAllowed):
            name_staff(**given, from_on=TODAY, at=NOW)
    for change, field in (
        ({"user": UserFactory()}, "user"),
        ({"user": MembershipFactory(organization=organization, requested=True).user}, "user"),
        ({"from_on": TODAY + 367 * DAY}, "from_on"),
    ):
        with pytest.raises(DomainError) as refusal:
            name_staff(**({"organization": organization, "user": staff, "from_on": TODAY} | change), by=manager, at=NOW)
        assert refusal.value.field == field
    assert not StaffEntry.objects.exists()


def test_named_twice_is_told():
    entry = named(OrganizationFactory(broker=True))
    with pytest.raises(NotPossibleNow):
        named(entry.organization, entry.user)
    assert StaffEntry.objects.count() == 1


def test_only_the_person_answers_and_once():
    entry = named(OrganizationFactory(broker=True))
    with pytest.raises(NotAllowed):
        answer_staff(entry=entry, accept=True, by=entry.named_by, at=NOW)
    answer_staff(entry=entry, accept=False, by=entry.user, at=NOW)
    with pytest.raises(NotPossibleNow):
        answer_staff(entry=entry, accept=True, by=entry.user, at=NOW)
    entry.refresh_from_db()
    assert entry.state == "declined"
    assert told(entry.named_by, "staff_declined") == 1


def test_one_agency_at_a_time_and_only_the_person_reads_which():
    here, there = OrganizationFactory(broker=True, name="여기"), OrganizationFactory(broker=True, name="저기")
    person = MembershipFactory(organization=here).user
    MembershipFactory(organization=there, user=person)
    waiting = named(there, person)
    counted(here, person)

    with pytest.raises(NotPossibleNow, match="여기"):
        answer_staff(entry=waiting, accept=True, by=person, at=NOW)
    third = OrganizationFactory(broker=True)
    MembershipFactory(organization=third, user=person)
    with pytest.raises(NotPossibleNow) as refusal:
        named(third, person)
    assert "another agency" in str(refusal.value)
    assert "여기" not in str(refusal.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffEntry.objects.filter(pk=waiting.pk).update(state="confirmed", answered_at=NOW)
    assert set(StaffEntry.objects.values_list("state", flat=True)) == {"named", "confirmed"}


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, False), (1, True)])
def test_the_next_agency_begins_after_the_last_day(days, allowed):
    """Of the new agency's first day against the last one at the old: −1, 0, +1."""
    here, there = OrganizationFactory(broker=True), OrganizationFactory(broker=True)
    person = MembershipFactory(organization=here).user
    MembershipFactory(organization=there, user=person)
    until = TODAY + 10 * DAY
    waiting = named(there, person, from_on=until + days * DAY)
    end_staff(entry=counted(here, person), until_on=until, by=person, at=NOW)
    if allowed:
        answer_staff(entry=waiting, accept=True, by=person, at=NOW)
    else:
        with pytest.raises(NotPossibleNow):
            answer_staff(entry=waiting, accept=True, by=person, at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            StaffEntry.objects.filter(pk=waiting.pk).update(state="confirmed", answered_at=NOW)
    waiting.refresh_from_db()
    assert waiting.state == ("confirmed" if allowed else "named")


@pytest.mark.parametrize("who", ["person", "manager", "stranger", "colleague"])
def test_who_ends_it(who):
    organization = OrganizationFactory(broker=True)
    entry = counted(organization)
    by = {
        "person": entry.user,
        "manager": manager_of(organization),
        "stranger": UserFactory(),
        "colleague": MembershipFactory(organization=organization).user,
    }[who]
    if who in {"person", "manager"}:
        end_staff(entry=entry, until_on=TODAY, by=by, at=NOW)
    else:
        with pytest.raises(NotAllowed):
            end_staff(entry=entry, until_on=TODAY, by=by, at=NOW)
    entry.refresh_from_db()
    assert entry.state == ("ended" if who in {"person", "manager"} else "confirmed")


@pytest.mark.parametrize("until", [EARLIER - DAY, TODAY + 367 * DAY])
def test_a_last_day_that_cannot_be(until):
    entry = counted(OrganizationFactory(broker=True))
    with pytest.raises(DomainError) as refusal:
        end_staff(entry=entry, until_on=until, by=entry.user, at=NOW)
    assert refusal.value.field == "until_on"
    entry.refresh_from_db()
    assert entry.state == "confirmed"


def test_whoever_leaves_the_organization_leaves_its_staff():
    organization = OrganizationFactory(broker=True)
    manager_of(organization)
    entry, waiting = counted(organization), named(organization)
    for one in (entry, waiting):
        membership = organization.memberships.get(user=one.user)
        end_membership(membership=membership, by=one.user, at=NOW)
        one.refresh_from_db()
        assert (one.state, one.until_on) == ("ended", TODAY)


def test_who_leaves_earlier_than_said_counts_no_longer():
    organization = OrganizationFactory(broker=True)
    manager_of(organization)
    entry = end_staff(entry=(made := counted(organization)), until_on=TODAY + 30 * DAY, by=made.user, at=NOW)
    end_membership(membership=organization.memberships.get(user=entry.user), by=entry.user, at=NOW)
    assert standing(organization, TODAY).counting == 1
    assert standing(organization, TODAY + DAY).counting == 0


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 1), (1, 1), (9, 1), (10, 1), (11, 0)])
def test_counted_from_the_first_to_the_last_day(days, count):
    organization = OrganizationFactory(broker=True)
    entry = counted(organization, from_on=TODAY)
    end_staff(entry=entry, until_on=TODAY + 10 * DAY, by=entry.user, at=NOW)
    assert standing(organization, TODAY + days * DAY).counting == count


def test_an_older_paper_does_not_outlive_the_cancelled_registration_of_a_trader():
    house = agency(at=LONG_AGO).organization
    entry = counted(house, qualified=False)
    verified(entry.user, kind="trader")
    there = StaffEntry.objects.filter(pk=entry.pk)
    assert there.counting_on(TODAY).exists()
    trader(entry.user, state="cancelled", at=LONG_AGO)
    assert not there.counting_on(TODAY).exists()
    verified(entry.user, kind="lawyer")
    assert there.counting_on(TODAY).exists()


def test_a_registered_trader_is_qualified_by_that():
    organization = OrganizationFactory(broker=True)
    entry = counted(organization, qualified=False)
    assert standing(organization, TODAY).counting == 0
    found = trader(entry.user)
    assert standing(organization, TODAY).counting == 1
    put_into(found, "cancelled", at=NOW)
    assert standing(organization, TODAY).counting == 0


def test_a_licence_that_is_rejected_later_counts_no_longer_and_starts_the_clock():
    minimum(1)
    broker = agency(at=LONG_AGO)
    entry = counted(broker.organization)
    settle_minimum(registration_id=broker.pk, at=NOW)
    found = Qualification.objects.get(user=entry.user)
    decide_qualification(qualification=found, accept=False, text="Struck off", by=officer(), at=NOW)
    broker.refresh_from_db()
    assert broker.below_since == TODAY


def test_below_the_minimum_warns_at_once_and_coming_back_stops_the_clock():
    minimum(3)
    broker = agency(at=LONG_AGO)
    manager = manager_of(broker.organization)
    entries = [counted(broker.organization) for _ in range(3)]
    broker.refresh_from_db()
    assert (broker.below_since, standing(broker.organization, TODAY).missing) == (None, 0)
    Notification.objects.all().delete()

    end_staff(entry=entries[0], until_on=TODAY - DAY, by=manager, at=NOW)
    broker.refresh_from_db()
    assert broker.below_since == TODAY
    assert (told(manager, "below_minimum"), told(manager, "minimum_reached")) == (1, 0)
    counted(broker.organization, at=NOW + DAY)
    broker.refresh_from_db()
    assert broker.below_since is None
    assert (told(manager, "below_minimum"), told(manager, "minimum_reached")) == (1, 1)


@pytest.mark.parametrize(("days", "below"), [(-1, False), (0, False), (1, True)])
def test_the_clock_starts_the_day_after_the_last_one(days, below):
    minimum(1)
    broker = agency(at=LONG_AGO)
    entry = counted(broker.organization)
    last = TODAY + 5 * DAY
    end_staff(entry=entry, until_on=last, by=entry.user, at=NOW)
    moment = NOW + (5 + days) * DAY
    assert (broker.pk in unsettled(last + days * DAY)) == below
    settle_minimum(registration_id=broker.pk, at=moment)
    assert not settle_minimum(registration_id=broker.pk, at=moment)
    broker.refresh_from_db()
    assert broker.below_since == (last + DAY if below else None)


def test_no_clock_without_a_minimum_or_after_a_cancellation():
    broker = agency(at=LONG_AGO)
    assert not settle_minimum(registration_id=broker.pk, at=NOW)
    minimum(3)
    put_into(broker, "cancelled")
    assert not settle_minimum(registration_id=broker.pk, at=NOW)
    assert unsettled(TODAY) == []


def test_joining_and_leaving_a_registered_agency_has_to_be_told():
    broker = agency(at=LONG_AGO)
    entry = counted(broker.organization)
    end_staff(entry=entry, until_on=TODAY, by=entry.user, at=NOW)
    found = ChangeNotice.objects.filter(registration=broker).order_by("pk")
    assert [(row.kind, row.state, row.happened_on) for row in found] == [
        ("staff", "suggested", TODAY),
        ("staff", "suggested", TODAY),
    ]
    counted(OrganizationFactory(broker=True))
    assert found.count() == 2


def test_the_database_keeps_who_was_named_and_what_is_over():
    organization = OrganizationFactory(broker=True)
    entry = counted(organization)
    end_staff(entry=entry, until_on=TODAY, by=entry.user, at=NOW)
    before = rows(StaffEntry)
    for change in (
        {"user": UserFactory()}, {"organization": OrganizationFactory()}, {"from_on": TODAY}, {"named_by": entry.user},
        {"until_on": TODAY + DAY}, {"answered_at": NOW + DAY}, {"ended_by": None},
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            StaffEntry.objects.filter(pk=entry.pk).update(**change)
    assert rows(StaffEntry) == before


def test_the_person_gets_what_is_kept_about_them():
    entry = counted(OrganizationFactory(broker=True, name="다리"))
    kept = personal_data(entry.user)["broker_staff"]
    assert [row.get("organization__name") or row["kind"] for row in kept] == ["patent_attorney", "다리"]
