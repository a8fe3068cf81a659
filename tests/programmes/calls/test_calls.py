"""Writing, publishing, changing and ending calls, through the services."""

import datetime
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from programmes.enums.calls import CALL_STATES, CallState, VersionState
from programmes.events import call_published
from programmes.models import Call, CallVersion, CallWriting
from programmes.scheme import Band, Caps, ConditionKind, Scheme, Words
from programmes.services.calls.end import cancel, close
from programmes.services.calls.publish import NotReady, publish, what_is_missing
from programmes.services.calls.write import KeyUsed, begin, next_version, save
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.programmes.calls import (
    DAY,
    NOW,
    SCHEME,
    call_in,
    draft_call,
    next_draft,
    officers,
    published_call,
    terms,
)
from tests.threads import at_once


def traces():
    return [list(model.objects.values().order_by("pk")) for model in (Call, CallVersion, CallWriting)]


@pytest.fixture
def told():
    heard = []

    def hear(sender, **given):
        heard.append((given["call"].pk, given["version"].serial))

    call_published.connect(hear)
    yield heard
    call_published.disconnect(hear)


def test_two_officers_write_and_publish_a_call(told):
    writer, publisher = officers()
    call = draft_call(by=writer)
    version = save(version=call.versions.get(), terms={"budget_won": 2_000_000_000}, revision=1, by=writer, at=NOW)
    found = publish(version=version, revision=2, by=publisher, at=NOW + DAY)

    assert (found.state, found.current, found.published_at, found.budget_won) == (
        CallState.PUBLISHED, version, NOW + DAY, 2_000_000_000,
    )  # fmt: skip
    version.refresh_from_db()
    assert (version.state, version.published_by, version.scheme) == (VersionState.PUBLISHED, publisher, SCHEME)
    assert told == [(call.pk, 1)]
    opens, closes = found.opens_at, found.closes_at
    second = datetime.timedelta(seconds=1)
    assert [found.accepts_at(at) for at in (opens - second, opens, closes - second, closes)] == [
        False,
        True,
        True,
        False,
    ]
    assert list(Call.objects.taking_at(opens)) == [found]


@pytest.mark.parametrize(
    "make",
    [
        lambda office: UserFactory(),
        lambda office: UserFactory(is_superuser=True),
        lambda office: MembershipFactory(company=True, role=Role.MANAGER).user,
        lambda office: MembershipFactory(government=True, role=Role.MANAGER).user,  # of another office
        lambda office: MembershipFactory(organization=office, role=Role.VIEWER).user,
    ],
)
def test_only_officers_of_the_office_write_publish_and_end(make):
    office = OrganizationFactory(government=True)
    stranger, draft, running = make(office), draft_call(office=office), published_call(office=office)
    decided = published_call(office=office)
    CALL_STATES.move(decided, CallState.DECIDED)
    before = traces()
    acts = [
        lambda: begin(office=office, kind="voucher", terms=terms(), by=stranger, at=NOW),
        lambda: save(version=draft.versions.get(), revision=1, by=stranger, at=NOW),
        lambda: publish(version=draft.versions.get(), revision=1, by=stranger, at=NOW),
        lambda: next_version(call=running, by=stranger, at=NOW),
        lambda: cancel(call=running, reason="x", by=stranger, at=NOW),
        lambda: close(call=decided, by=stranger, at=NOW),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert traces() == before


def test_nobody_who_wrote_in_a_draft_publishes_it_not_even_the_first_of_two(told):
    first, second = officers()
    call = draft_call(by=first)
    version = save(version=call.versions.get(), revision=1, by=second, at=NOW)
    before = traces()
    for writer in (first, second):
        with pytest.raises(NotAllowed, match="another officer"):
            publish(version=version, revision=2, by=writer, at=NOW)
    assert traces() == before
    assert told == []


def test_the_same_key_begins_one_call_and_with_another_body_is_refused():
    writer, _other = officers()
    office, key = writer.active_organizations().get(), uuid4()
    made = [begin(office=office, kind="voucher", terms=terms(), key=key, by=writer, at=NOW) for _ in range(2)]
    assert made[0] == made[1]
    before = traces()
    with pytest.raises(KeyUsed):
        begin(office=office, kind="voucher", terms=terms(budget_won=2), key=key, by=writer, at=NOW)
    assert traces() == before


def test_who_saves_or_publishes_an_old_draft_is_told():
    writer, publisher = officers()
    version = draft_call(by=writer).versions.get()
    save(version=version, why="x", revision=1, by=writer, at=NOW)
    before = traces()
    with pytest.raises(ChangedMeanwhile):
        save(version=version, why="y", revision=1, by=writer, at=NOW)
    with pytest.raises(ChangedMeanwhile):
        publish(version=version, revision=1, by=publisher, at=NOW)
    assert traces() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_ko": ""}, "title_ko"),
        ({"title_en": "x" * 201}, "title_en"),
        ({"budget_won": 0}, "budget_won"),
        ({"budget_won": 10**13 + 1}, "budget_won"),
        ({"closes_at": NOW + DAY}, "closes_at"),
    ],
)
def test_what_a_draft_must_not_say_names_its_field(changes, field):
    writer, _other = officers()
    version = draft_call(by=writer).versions.get()
    before = traces()
    with pytest.raises(DomainError) as refused:
        save(version=version, terms=changes, revision=1, by=writer, at=NOW)
    assert refused.value.field == field
    assert traces() == before


def test_a_draft_with_gaps_is_kept_and_not_published():
    writer, publisher = officers()
    version = draft_call(by=writer, content=Scheme(notice=Words("")), title_zh="").versions.get()
    with pytest.raises(NotReady) as refused:
        publish(version=version, revision=1, by=publisher, at=NOW)
    assert {problem.section for problem in refused.value.problems} == {
        "notice",
        "conditions",
        "menu",
        "papers",
        "stages",
    }
    with pytest.raises(NotReady, match="over already"):
        publish(version=draft_call(by=writer).versions.get(), revision=1, by=publisher, at=NOW + 31 * DAY)
    assert list(Call.objects.values_list("state", flat=True)) == [CallState.DRAFT, CallState.DRAFT]


def test_a_running_call_gets_a_longer_window_more_money_and_other_words(told):
    call = published_call()
    version = next_draft(call, closes_at=call.closes_at + DAY, budget_won=call.budget_won + 1, title_en="New title")
    assert next_version(call=call, by=officers(call.office)[0], at=NOW) == version
    call.refresh_from_db()
    assert call.title_en == "Commercialization voucher"  # not before it is published
    found = publish(version=version, revision=2, by=officers(call.office)[1], at=NOW + 2 * DAY)
    assert (found.title_en, found.budget_won, found.closes_at) == (
        "New title", 1_000_000_001, NOW + 32 * DAY,
    )  # fmt: skip
    assert found.published_at == NOW
    assert told == [(call.pk, 1), (call.pk, 2)]


@pytest.mark.parametrize(
    ("scheme", "terms", "section"),
    [
        ({}, {"closes_at": NOW + 30 * DAY}, "budget"),
        ({}, {"opens_at": NOW + DAY / 2}, "budget"),
        ({}, {"budget_won": 999_999_999}, "budget"),
        ({"caps": Caps(award_won=40_000_000)}, {}, "bands"),
        ({"bands": (Band(None, 1_000),)}, {}, "bands"),
        ({"conditions": SCHEME.conditions[1:]}, {}, "conditions"),
        ({"most_services": 2}, {}, "menu"),
        ({"papers": SCHEME.papers[1:]}, {}, "papers"),
        ({"pass_points": 70}, {}, "stages"),
        ({"unused_bp": 0}, {}, "clocks"),
        ({"barred_years": 2}, {}, "clocks"),
    ],
)
def test_what_firms_reckon_with_stays_while_a_call_runs(scheme, terms, section):
    call = published_call()
    version = next_draft(call, **terms)
    by = officers(call.office)[0]
    version = save(version=version, scheme=replace(SCHEME, **scheme), revision=2, by=by, at=NOW)
    later = NOW + 2 * DAY
    before = traces()
    with pytest.raises(NotReady) as refused:
        publish(version=version, revision=3, by=officers(call.office)[1], at=later)
    assert section in {problem.section for problem in refused.value.problems}
    assert traces() == before


@pytest.mark.parametrize("kind", [ConditionKind.NO_EXCLUSION, ConditionKind.NO_DEBT])
def test_a_voucher_is_for_nobody_who_is_excluded_or_owes_money(kind):
    """A call that runs keeps the conditions that firms have read; each step to the money asks again."""
    content = replace(SCHEME, conditions=tuple(each for each in SCHEME.conditions if each.kind != kind))
    call = draft_call(content=content)
    [problem] = what_is_missing(call.versions.get(), NOW)
    assert (problem.section, str(kind.label) in problem.text) == ("conditions", True)
    call.current = call.versions.get()
    assert "conditions" not in {each.section for each in what_is_missing(call.versions.get(), NOW)}


def test_a_later_version_says_what_changed_and_words_may():
    call = published_call()
    version = next_draft(call, why="")
    assert [problem.section for problem in what_is_missing(version, NOW)] == ["notice"]
    other = replace(SCHEME, notice=Words("가", "a", "甲"), source="Elsewhere")
    version = save(version=version, scheme=other, why="Clearer", revision=2, by=officers(call.office)[0], at=NOW)
    assert what_is_missing(version, NOW) == []


def test_a_call_is_cancelled_with_a_reason_and_a_decided_one_is_closed():
    writer, _other = officers()
    draft, decided = draft_call(by=writer), call_in(CallState.DECIDED)
    with pytest.raises(DomainError) as refused:
        cancel(call=draft, reason=" ", by=writer, at=NOW)
    assert refused.value.field == "reason"
    found = cancel(call=draft, reason="No money.", by=writer, at=NOW)
    assert (found.state, found.end_reason, found.ended_by, found.ended_at) == (
        CallState.CANCELLED, "No money.", writer, NOW,
    )  # fmt: skip
    by = officers(decided.office)[0]
    assert close(call=decided, by=by, at=NOW).state == CallState.CLOSED
    before = traces()
    for act in (
        lambda: cancel(call=decided, reason="x", by=by, at=NOW),
        lambda: cancel(call=draft, reason="x", by=writer, at=NOW),
        lambda: close(call=draft, by=writer, at=NOW),
        lambda: save(version=draft.versions.get(), revision=1, by=writer, at=NOW),
        lambda: next_version(call=draft, by=writer, at=NOW),
    ):
        with pytest.raises(NotPossibleNow):
            act()
    assert traces() == before


def refused_by_the_database(act):
    before = traces()
    with pytest.raises(DatabaseError), transaction.atomic():
        act()
    assert traces() == before


def test_the_database_keeps_what_was_published_and_asks_for_four_eyes():
    office = OrganizationFactory(government=True)
    writer, publisher = officers(office)
    call, draft = published_call(office=office), draft_call(by=writer, office=office).versions.get()
    CallWriting.objects.create(version=draft, written_by=publisher, written_at=NOW)
    version = CallVersion.objects.filter(pk=call.current_id)
    other = CallVersion.objects.filter(pk=draft.pk)
    stranger = MembershipFactory(government=True).user
    viewer = MembershipFactory(organization=office, role=Role.VIEWER).user
    admin = UserFactory(is_superuser=True)
    for act in (
        lambda: version.update(content={}),
        lambda: version.update(why="x"),
        lambda: version.update(state="draft", published_at=None, published_by=None),
        lambda: version.delete(),
        lambda: other.delete(),
        lambda: other.update(serial=9),
        lambda: CallVersion.objects.create(
            call=call, serial=5, content={}, state="published", written_by=writer, written_at=NOW,
            published_by=publisher, published_at=NOW,
        ),
        lambda: CallWriting.objects.create(version=version.get(), written_by=writer, written_at=NOW),
        lambda: CallWriting.objects.filter(version=draft).update(written_by=stranger),
        lambda: Call.objects.filter(pk=call.pk).update(budget_won=1),
        lambda: Call.objects.filter(pk=call.pk).update(current=draft),
        lambda: Call.objects.filter(pk=call.pk).update(is_rehearsal=True),
        lambda: Call.objects.filter(pk=call.pk).update(published_at=NOW + DAY),
        lambda: Call.objects.filter(pk=call.pk).update(state="cancelled", ended_at=NOW, ended_by=writer),
        lambda: Call.objects.filter(pk=call.pk).delete(),
        *(
            lambda by=by: other.update(state="published", published_by=by, published_at=NOW)
            for by in (writer, publisher, stranger, viewer, admin)
        ),
    ):  # fmt: skip
        refused_by_the_database(act)


@pytest.mark.parametrize("state", CallState.values)
def test_python_and_the_database_agree_on_the_moves_of_a_call(state):
    for to in set(CallState.values) - {state}:
        allowed = CALL_STATES.can(call_in(state), to)
        call = call_in(state)
        call.ended_by, call.ended_at, call.end_reason = officers(call.office)[0], NOW, "x"
        call.current = call.current or call.versions.get()
        if allowed:
            continue
        refused_by_the_database(lambda call=call, to=to: Call.objects.filter(pk=call.pk).update(state=to))


@pytest.mark.django_db(transaction=True)
def test_two_officers_publish_at_once_and_one_is_told(told):
    office = OrganizationFactory(government=True)
    version = draft_call(office=office).versions.get()
    people = [officers(office)[1] for _ in range(2)]
    results = at_once(*(lambda by=by: publish(version=version, revision=1, by=by, at=NOW) for by in people))
    assert sorted(type(result).__name__ for result in results) == ["Call", "NotPossibleNow"]
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_saving_against_publishing_what_is_published_is_what_was_read():
    office = OrganizationFactory(government=True)
    writer, publisher = officers(office)
    version = draft_call(by=writer, office=office).versions.get()
    results = at_once(
        lambda: save(version=version, terms={"budget_won": 5_000_000_000}, revision=1, by=writer, at=NOW),
        lambda: publish(version=version, revision=1, by=publisher, at=NOW),
    )
    refusals = [type(result).__name__ for result in results if isinstance(result, Exception)]
    assert refusals in (["ChangedMeanwhile"], ["NotPossibleNow"])
    call = Call.objects.get()
    if call.state == CallState.PUBLISHED:
        assert call.budget_won == 1_000_000_000
    else:
        assert call.current is None
