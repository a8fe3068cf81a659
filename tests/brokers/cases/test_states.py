"""State tables in Python and the database, and what the database keeps whoever asks it: raw SQL included."""

import itertools

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from brokers.enums.cases import (
    CASE_STATES,
    GROUNDS_OF,
    HAND_OVER_STATES,
    HEARING_STATES,
    MUST_CANCEL,
    OPEN_HAND_OVERS,
    CaseGround,
    CaseState,
    Decision,
    HandOverState,
    HearingState,
    decisions_on,
)
from brokers.enums.registration import REGISTRATION_STATES, RegistrationKind, RegistrationState
from brokers.models import CancellationCase, CaseDocument, CaseStatement, HandOver, Hearing, Mandate, Registration
from brokers.models.cases import LONG_TEXT
from brokers.services.cases.hand_over import give_way
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.cases import (
    DAY,
    DECIDED,
    HEARD,
    cancelled,
    case_in,
    chosen,
    decided,
    fresh,
    hand_over_in,
    handed_over,
    held,
    mandate,
    noticed,
    opened,
    stated,
    suspended,
)
from tests.factories.brokers.fees import NOW, officer, quoted
from tests.factories.brokers.mandates import answering, manager_of, offered
from tests.factories.brokers.register import agency, trader

REFUSED = (IntegrityError, InternalError, ProgrammingError)


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def refused(act):
    with pytest.raises(REFUSED), transaction.atomic():
        act()


def agree(machine, found, after, changes):
    """Both allow the move, or both refuse it and nothing changed."""
    model, before = type(found), type(found).objects.filter(pk=found.pk).values().get()
    if machine.can(found, after):
        machine.move(found, after, **changes)
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        machine.move(found, after, **changes)
    with pytest.raises(REFUSED), transaction.atomic():
        model.objects.filter(pk=found.pk).update(state=after, **changes)
    assert model.objects.filter(pk=found.pk).values().get() == before


def prepare_case(found, before, after):
    """What another row has to say first."""
    if (before, after) == (CaseState.OPENED, CaseState.NOTICED):
        Hearing.objects.create(
            case=found, noticed_at=NOW, noticed_by=officer(), starts_at=NOW + 10 * DAY, place="x", chair=officer()
        )
    if before == CaseState.NOTICED:
        rows = Hearing.objects.filter(case=found)
        chair = rows.get().chair
        if after == CaseState.HELD:
            rows.update(state="held", attendance="stayed_away", record_text="x", signed_at=HEARD, signed_by=chair)
        if after == CaseState.CLOSED:
            rows.update(state="called_off", ended_at=NOW, ended_reason="x")


def fields_of_case(after):
    return {
        CaseState.NOTICED: {"came_from": "registered"},
        CaseState.DECIDED: {
            "decision": "maintained", "decided_at": DECIDED, "decided_by": officer(), "decision_text": "x",
        },
        CaseState.CLOSED: {"closed_at": DECIDED, "closed_reason": "x"},
    }.get(after, {})  # fmt: skip


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(CaseState, 2)))
def test_every_move_of_a_case(before, after):
    found = case_in(before)
    prepare_case(found, before, after)
    if (before, after) == (CaseState.HELD, CaseState.CLOSED):  # only beside a cancellation
        refused(lambda: CancellationCase.objects.filter(pk=found.pk).update(state=after, **fields_of_case(after)))
        return
    agree(CASE_STATES, found, after, fields_of_case(after))


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(HearingState, 2)))
def test_every_move_of_a_hearing(before, after):
    case = held() if before == HearingState.HELD else noticed()
    found = case.hearings.get()
    over = {"ended_at": NOW, "ended_reason": "x"}
    if before in {HearingState.POSTPONED, HearingState.CALLED_OFF}:
        Hearing.objects.filter(pk=found.pk).update(state=before, **over)
    record = {"attendance": "stayed_away", "record_text": "x", "signed_at": HEARD, "signed_by": found.chair}
    changes = record if after == HearingState.HELD else over
    agree(HEARING_STATES, fresh(found), after, {} if after == HearingState.NOTICED else changes)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(HandOverState, 2)))
def test_every_move_of_a_hand_over(before, after):
    found = hand_over_in(before)
    changes = {"settled_at": None if after in OPEN_HAND_OVERS else DECIDED}
    if after in {HandOverState.OFFERED, HandOverState.MOVED} and found.new_mandate is None:
        other = mandate(agency().organization, client=found.mandate.client)
        changes |= {"to_broker": other.broker, "new_mandate": other}
    if (before, after) == (HandOverState.OFFERED, HandOverState.MOVED):
        give_way(mandate=found.new_mandate, at=DECIDED)
        new = Mandate.objects.filter(pk=found.new_mandate_id)
        by = answering(found.new_mandate)
        found.new_mandate.partners.update(state="agreed", agreed_at=DECIDED, agreed_by=by)
        new.update(state="accepted", answered_at=DECIDED, answered_by=by)
    agree(HAND_OVER_STATES, found, after, changes)


def registration_in(state):
    return agency(state=state) if state != RegistrationState.HEARING else noticed().registration


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(RegistrationState, 2)))
def test_every_move_of_a_registration_that_nobody_decided(before, after):
    """The table allows some of them; without a case that says so the database refuses those, too."""
    found = registration_in(before)
    changes = {
        RegistrationState.SUSPENDED: {"suspended_until": DECIDED.date()},
        RegistrationState.CANCELLED: {"cancelled_at": DECIDED},
    }.get(after, {})
    if before == RegistrationState.SUSPENDED:
        changes = {"suspended_until": None} | changes
    if RegistrationState.HEARING in {before, after} or after == RegistrationState.SUSPENDED:
        refused(lambda: Registration.objects.filter(pk=found.pk).update(state=after, **changes))
        assert fresh(found).state == before
    else:
        agree(REGISTRATION_STATES, found, after, changes)


@pytest.mark.parametrize(
    ("decision", "after"),
    [
        (Decision.MAINTAINED, "registered"), (Decision.WARNED, "warned"), (Decision.SUSPENDED, "suspended"),
        (Decision.CANCELLED, "cancelled"),
    ],
)  # fmt: skip
def test_where_a_registration_stands_after_each_decision(decision, after):
    case = decided(decision=decision)
    found = fresh(case.registration)
    assert found.state == after
    assert found.suspended_until == (case.suspended_until if after == "suspended" else None)
    assert found.cancelled_at == (case.decided_at if after == "cancelled" else None)


# --- no cancellation without a held hearing ---------------------------------------------------------------------------

CANCEL = "UPDATE brokers_registration SET state = 'cancelled', cancelled_at = %s, suspended_until = NULL WHERE id = %s"


@pytest.mark.parametrize("kind", RegistrationKind.values)
@pytest.mark.parametrize("state", [None, CaseState.OPENED, CaseState.NOTICED, CaseState.HELD, CaseState.CLOSED])
def test_raw_sql_does_not_cancel_without_a_decision(kind, state):
    registration = agency() if kind == RegistrationKind.AGENCY else trader()
    for ground in GROUNDS_OF[kind] if state else ():
        case_in(state, registration=registration, ground=ground)
    before = Registration.objects.filter(pk=registration.pk).values().get()
    refused(lambda: sql(CANCEL, DECIDED, registration.pk))
    refused(lambda: sql("UPDATE brokers_registration SET state = 'cancelled' WHERE id = %s", registration.pk))
    assert Registration.objects.filter(pk=registration.pk).values().get() == before


DECIDE = (
    "UPDATE brokers_cancellationcase SET state = 'decided', decision = %s, decided_at = %s, decided_by_id = %s, "
    "decision_text = 'x' WHERE id = %s"
)


def test_raw_sql_does_not_decide_without_a_held_hearing():
    for case in (opened(), noticed()):
        refused(lambda case=case: sql(DECIDE, "cancelled", DECIDED, officer().pk, case.pk))
        assert fresh(case).decision == ""


def test_raw_sql_lets_neither_opener_nor_chair_nor_a_stranger_nor_the_broker_decide():
    case = held()
    hearing = case.hearings.get()
    of_broker = officer()
    MembershipFactory(user=of_broker, organization=case.registration.organization)
    people = [case.opened_by, hearing.chair, MembershipFactory(broker=True).user, of_broker]
    for person in people:
        refused(lambda person=person: sql(DECIDE, "cancelled", DECIDED, person.pk, case.pk))
    refused(lambda: sql(DECIDE, "cancelled", HEARD - DAY, officer().pk, case.pk))
    assert fresh(case).state == CaseState.HELD
    sql(DECIDE, "cancelled", DECIDED, officer().pk, case.pk)
    # The day of the cancellation is that of the decision.
    refused(lambda: sql(CANCEL, DECIDED + DAY, case.registration_id))
    sql(CANCEL, DECIDED, case.registration_id)
    assert fresh(case.registration).state == "cancelled"


def test_a_trader_who_is_an_officer_neither_opens_nor_decides_their_own_case():
    person = officer()
    registration = trader(person)
    case = held(registration=registration, ground=CaseGround.NAME_LENDING)
    refused(lambda: sql(DECIDE, "cancelled", DECIDED, person.pk, case.pk))
    values = {"registration": registration, "ground": "fraud", "text": "x", "opened_at": NOW}
    refused(lambda: CancellationCase.objects.create(number="C2026000999", opened_by=person, **values))


@pytest.mark.parametrize("ground", CaseGround)
@pytest.mark.parametrize("decision", Decision)
def test_what_can_be_decided_depends_on_the_ground(ground, decision):
    of_trader = ground not in GROUNDS_OF[RegistrationKind.AGENCY]
    case = held(registration=trader() if of_trader else agency(), ground=ground)
    until = DECIDED.date() + DAY if decision == Decision.SUSPENDED else None
    fields = {
        "state": "decided", "decision": decision, "decided_at": DECIDED, "decided_by": officer(), "decision_text": "x",
        "suspended_until": until,
    }  # fmt: skip
    rows = CancellationCase.objects.filter(pk=case.pk)
    if decision in decisions_on(ground):
        rows.update(**fields)
    else:
        refused(lambda: rows.update(**fields))
    assert set(decisions_on(ground)) == (
        {Decision.CANCELLED, Decision.NOT_PROVEN} if ground in MUST_CANCEL else set(Decision) - {Decision.NOT_PROVEN}
    )


@pytest.mark.parametrize("ground", CaseGround)
@pytest.mark.parametrize("kind", RegistrationKind)
def test_grounds_of_each_kind_are_the_same_in_the_database(kind, ground):
    registration = agency() if kind == RegistrationKind.AGENCY else trader()
    values = {"number": "C2026000999", "registration": registration, "ground": ground, "text": "x", "opened_at": NOW}
    if ground in GROUNDS_OF[kind]:
        CancellationCase.objects.create(**values)
    else:
        refused(lambda: CancellationCase.objects.create(**values))


def test_no_case_about_what_was_cancelled_and_none_begins_further_on():
    registration = fresh(cancelled().registration)
    values = {"number": "C2026000999", "ground": "fraud", "text": "x", "opened_at": NOW}
    refused(lambda: CancellationCase.objects.create(registration=registration, **values))
    hearing = {"state": "decided", "decision": "cancelled", "decided_at": NOW, "decided_by": officer()}
    refused(lambda: CancellationCase.objects.create(registration=agency(), decision_text="x", **values, **hearing))


def test_one_open_case_per_registration_and_ground():
    case = opened()
    values = {"number": "C2026000999", "ground": case.ground, "text": "x", "opened_at": NOW}
    refused(lambda: CancellationCase.objects.create(registration=case.registration, **values))
    decided(held(noticed(case)))
    assert CancellationCase.objects.create(registration=case.registration, **values).pk


CHANGES = [
    {"ground": "no_deal"}, {"text": "x"}, {"number": "C2026000998"}, {"opened_at": HEARD}, {"opened_by": None},
]  # fmt: skip


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_what_a_case_is_about_never_changes(changes):
    found = opened()
    refused(lambda: CancellationCase.objects.filter(pk=found.pk).update(**changes))
    assert fresh(found).text != "x"


@pytest.mark.parametrize("changes", [{"decision": "warned"}, {"decision_text": "y"}, {"revision": 99}])
def test_what_was_decided_never_changes(changes):
    found = decided()
    refused(lambda: CancellationCase.objects.filter(pk=found.pk).update(**changes))


def test_nothing_of_it_is_deleted():
    found = held(noticed(stated_case()))
    hand_over = handed_over()
    for table, row in (
        ("cancellationcase", found), ("hearing", found.hearings.get()), ("casestatement", found.statements.get()),
        ("registration", found.registration), ("handover", hand_over),
    ):  # fmt: skip
        refused(lambda table=table, row=row: sql(f"DELETE FROM brokers_{table} WHERE id = %s", row.pk))


def stated_case():
    case = opened()
    stated(case)
    return case


CLOSE = (
    "UPDATE brokers_cancellationcase SET state = 'closed', closed_at = %s, closed_by_id = %s, closed_reason = 'x' "
    "WHERE id = %s"
)


def test_raw_sql_lets_no_stranger_and_nobody_of_the_broker_close_a_case():
    case, of_broker = opened(), officer()
    MembershipFactory(user=of_broker, organization=case.registration.organization)
    for person in (of_broker, MembershipFactory(broker=True).user):
        refused(lambda person=person: sql(CLOSE, NOW, person.pk, case.pk))
    refused(lambda: CancellationCase.objects.filter(pk=case.pk).update(closed_by=officer()))
    assert fresh(case).state == CaseState.OPENED
    sql(CLOSE, NOW, case.opened_by.pk, case.pk)
    assert fresh(case).closed_by == case.opened_by
    other = opened()
    sql(CLOSE, NOW, None, other.pk)  # the house
    assert fresh(other).state == CaseState.CLOSED


SETTLE = "UPDATE brokers_handover SET state = %s, settled_at = %s, settled_by_id = %s, settled_text = %s WHERE id = %s"


def test_raw_sql_settles_only_as_an_officer_apart_after_the_clients_day_and_with_a_reason():
    fellow = agency().organization
    found = handed_over(fellows=[fellow])
    late = DECIDED + 31 * DAY
    assert found.until_on < late.date()
    sides = [found.mandate.client, found.mandate.broker, fellow]
    people = [MembershipFactory(user=officer(), organization=each).user for each in sides]
    for person in [*people, MembershipFactory(broker=True).user]:
        refused(lambda person=person: sql(SETTLE, "kept", late, person.pk, "x", found.pk))
    for state, at, by, text in (
        ("kept", DECIDED, officer().pk, "x"), ("kept", late, officer().pk, ""), ("kept", late, None, "x"),
        ("open", None, officer().pk, "x"),
    ):  # fmt: skip
        refused(lambda given=(state, at, by, text): sql(SETTLE, *given, found.pk))
    assert fresh(found).state == HandOverState.OPEN
    sql(SETTLE, "kept", late, officer().pk, "x", found.pk)
    assert fresh(found).settled_text == "x"


def test_raw_sql_settles_nothing_that_is_offered_to_another_broker():
    found = hand_over_in(HandOverState.OFFERED)
    refused(lambda: sql(SETTLE, "ended", DECIDED + 31 * DAY, officer().pk, "x", found.pk))
    assert fresh(found).settled_by is None


# --- hearings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_taken"), [(0, False), (9, False), (10, True), (11, True)])
def test_notice_of_ten_days_is_kept_by_the_database(days, is_taken):
    case = opened()
    # Late in the day of the notice, early on that of the hearing: days are counted, not hours.
    notice = NOW.replace(hour=23)
    values = {
        "case": case, "noticed_at": notice, "noticed_by": officer(), "place": "x", "chair": officer(),
        "starts_at": (notice + days * DAY).replace(hour=1),
    }  # fmt: skip
    if is_taken:
        Hearing.objects.create(**values)
    else:
        refused(lambda: Hearing.objects.create(**values))


def test_only_officers_apart_hold_a_hearing():
    case = opened()
    of_broker = officer()
    MembershipFactory(user=of_broker, organization=case.registration.organization)
    values = {"case": case, "noticed_at": NOW, "starts_at": NOW + 10 * DAY, "place": "x"}
    for person in (of_broker, MembershipFactory(broker=True).user):
        refused(lambda person=person: Hearing.objects.create(**values, noticed_by=officer(), chair=person))
        refused(lambda person=person: Hearing.objects.create(**values, noticed_by=person, chair=officer()))


def test_a_record_is_signed_by_the_chair_and_not_before_the_hearing():
    found = noticed().hearings.get()
    record = {"state": "held", "attendance": "stayed_away", "record_text": "x"}
    rows = Hearing.objects.filter(pk=found.pk)
    refused(lambda: rows.update(**record, signed_at=HEARD - DAY, signed_by=found.chair))
    refused(lambda: rows.update(**record, signed_at=HEARD, signed_by=officer()))
    refused(lambda: rows.update(**record | {"record_text": ""}, signed_at=HEARD, signed_by=found.chair))
    refused(lambda: rows.update(**record | {"attendance": "appeared"}, signed_at=HEARD, signed_by=found.chair))
    refused(lambda: rows.update(starts_at=HEARD + DAY))
    refused(lambda: rows.update(chair=officer()))
    assert fresh(found).state == HearingState.NOTICED


def test_what_was_recorded_never_changes():
    found = held().hearings.get()
    refused(lambda: Hearing.objects.filter(pk=found.pk).update(record_text="y"))


def test_one_hearing_ahead_in_a_case():
    case = noticed()
    values = {"case": case, "noticed_at": NOW, "starts_at": NOW + 20 * DAY, "place": "x"}
    refused(lambda: Hearing.objects.create(**values, noticed_by=officer(), chair=officer()))


# --- statements -------------------------------------------------------------------------------------------------------


def test_statements_come_from_their_side_and_while_the_case_is_open():
    case = decided()
    values = {"case": case, "text": "x", "sent_at": NOW}
    broker = case.registration.organization.memberships.first().user
    refused(lambda: CaseStatement.objects.create(side="broker", sent_by=broker, **values))
    values["case"] = other = opened()
    of_other = other.registration.organization.memberships.first().user
    refused(lambda: CaseStatement.objects.create(side="broker", sent_by=officer(), **values))
    refused(lambda: CaseStatement.objects.create(side="broker", sent_by=broker, **values))
    refused(lambda: CaseStatement.objects.create(side="office", sent_by=of_other, **values))
    said = CaseStatement.objects.create(side="broker", sent_by=of_other, **values)
    refused(lambda: CaseStatement.objects.filter(pk=said.pk).update(text="y"))
    document = CaseDocument.objects.create(
        statement=said, file="cases/x", name="a.pdf", type="application/pdf", checksum="x" * 64, size=1
    )
    refused(lambda: CaseDocument.objects.filter(pk=document.pk).update(name="b.pdf"))
    refused(lambda: CaseDocument.objects.filter(pk=document.pk).delete())
    assert len(said.text) < LONG_TEXT


# --- registrations ----------------------------------------------------------------------------------------------------


def test_a_registration_begins_as_registered():
    values = Registration.objects.filter(pk=agency().pk).values().get()
    for name in ("id", "public_id"):
        values.pop(name)
    for state in ("warned", "suspended", "hearing", "cancelled"):
        refused(lambda state=state: Registration.objects.create(**values | {"state": state, "number": "BA2026999999"}))


def test_nobody_is_suspended_longer_than_decided_and_nothing_cancelled_comes_back():
    case = suspended()
    rows = Registration.objects.filter(pk=case.registration_id)
    refused(lambda: rows.update(suspended_until=case.suspended_until + DAY))
    refused(lambda: rows.update(suspended_until=None))
    gone = Registration.objects.filter(pk=cancelled().registration_id)
    refused(lambda: gone.update(state="registered", cancelled_at=None))
    refused(lambda: gone.update(cancelled_at=NOW))


def test_the_database_gives_no_new_work_to_who_is_closed():
    registration = agency()
    broker = registration.organization
    offer, by = offered(broker=broker), manager_of(broker)
    offer.partners.update(state="agreed", agreed_at=NOW, agreed_by=by)
    suspended(registration)
    accepting = {"state": "accepted", "answered_at": NOW, "answered_by": by}
    with pytest.raises(REFUSED, match="takes no mandate"), transaction.atomic():
        Mandate.objects.filter(pk=offer.pk).update(**accepting)
    quote = quoted()
    insert = (
        "INSERT INTO brokers_quoteshare (quote_id, organization_id, share_bp, net_won, vat_won) "
        "VALUES (%s, %s, 1, 0, 0)"
    )
    refused(lambda: sql(insert, quote.pk, broker.pk))


# --- hand-overs -------------------------------------------------------------------------------------------------------


def test_nothing_stays_with_who_was_cancelled_and_nothing_is_moved_on_paper():
    found = handed_over(decision=Decision.CANCELLED)
    rows = HandOver.objects.filter(pk=found.pk)
    refused(lambda: rows.update(state="kept", settled_at=DECIDED))
    chosen(found, "move", to=agency().organization)
    refused(lambda: rows.update(state="moved", settled_at=DECIDED))
    refused(lambda: rows.update(opened_at=NOW))
    refused(lambda: HandOver.objects.create(
        case=found.case, mandate=mandate(agency().organization), from_broker=found.from_broker, opened_at=NOW,
        until_on=NOW.date(), state="ended", settled_at=NOW,
    ))  # fmt: skip
