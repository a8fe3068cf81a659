from uuid import uuid4

import pytest

from deals.models import Entry, Negotiation
from deals.services.negotiation.close import close
from deals.services.negotiation.say import meet, reply, say
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.negotiation import DAY, asked, opened, staff_of

pytestmark = pytest.mark.django_db


def turn_of(negotiation):
    negotiation.refresh_from_db()
    return negotiation.turn, negotiation.answer_due_on


def test_a_message_answers_the_beginning_and_then_nobody_waits():
    found = opened()
    by = staff_of(found.firm)
    said = say(negotiation=found, kind="message", text="Gladly.\r\nOn Tuesday?", by=by, at=NOW)
    assert said.entry.text == "Gladly.\nOn Tuesday?"
    assert (said.entry.serial, said.entry.side, said.entry.by, said.is_new) == (2, "firm", by, True)
    assert turn_of(found) == ("", None)
    told = Notification.objects.filter(kind="negotiation_message")
    assert by not in [each.recipient for each in told]
    assert {each.params["number"] for each in told} == {found.number}
    assert all("Gladly" not in str(each.params) for each in told)


def test_a_question_gives_the_turn_and_its_answer_takes_it_back():
    found = opened(by=None)
    question = asked(found)
    assert turn_of(found) == ("holder", TODAY + found.holder.answer_days * DAY)
    # Who is asked again keeps the day.
    asked(found, "And how long?", at=NOW + 3 * DAY)
    assert turn_of(found)[1] == TODAY + found.holder.answer_days * DAY
    second = found.entries.order_by("serial").last()
    reply(question=question, text="Two tons.", by=staff_of(found.holder), at=NOW)
    assert turn_of(found)[0] == "holder"
    made = reply(question=second, text="An hour.", by=staff_of(found.holder), at=NOW)
    assert made.entry.reply_to == second
    assert turn_of(found) == ("", None)


def test_when_both_have_asked_the_turn_goes_back():
    found = opened()
    first = asked(found, side="firm")
    back = asked(found, "Why do you ask?", side="holder")
    assert turn_of(found)[0] == "firm"
    reply(question=back, text="For the boiler.", by=staff_of(found.firm), at=NOW)
    assert turn_of(found)[0] == "holder"
    reply(question=first, text="Two tons.", by=staff_of(found.holder), at=NOW)
    assert turn_of(found) == ("", None)


def test_a_question_is_answered_by_the_other_side_as_often_as_it_likes():
    found = opened()
    question = asked(found)
    with pytest.raises(NotAllowed):
        reply(question=question, text="Myself", by=staff_of(found.firm), at=NOW)
    message = say(negotiation=found, kind="message", text="x", by=staff_of(found.firm), at=NOW).entry
    with pytest.raises(DomainError):
        reply(question=message, text="x", by=staff_of(found.holder), at=NOW)
    for text in ("Two tons.", "Rather three."):
        reply(question=question, text=text, by=staff_of(found.holder), at=NOW)
    assert [entry.text for entry in question.replies.order_by("serial")] == ["Two tons.", "Rather three."]


def test_a_meeting_has_a_time_ahead_and_a_place():
    found = opened()
    given = {"negotiation": found, "by": staff_of(found.holder), "at": NOW}
    made = meet(meets_at=NOW + 2 * DAY, place="Room 2", text="Samples", **given).entry
    assert (made.kind, made.meets_at, made.place, made.text) == ("meeting", NOW + 2 * DAY, "Room 2", "Samples")
    for wrong, field in (
        ({"meets_at": NOW - DAY, "place": "x"}, "meets_at"),
        ({"meets_at": NOW + 400 * DAY, "place": "x"}, "meets_at"),
        ({"meets_at": NOW + DAY, "place": " "}, "place"),
        ({"meets_at": NOW + DAY, "place": "x" * 301}, "place"),
    ):
        with pytest.raises(DomainError) as refused:
            meet(**wrong, **given)
        assert refused.value.field == field
    assert found.entries.filter(kind="meeting").count() == 1


def test_the_same_key_says_it_once_and_other_words_with_it_are_refused():
    found, key = opened(), uuid4()
    given = {"negotiation": found, "kind": "message", "by": staff_of(found.firm), "at": NOW, "key": key}
    first = say(text="Once", **given)
    assert say(text="Once", **given) == (first.entry, False)
    with pytest.raises(KeyReused):
        say(text="Twice", **given)
    other = opened()
    MembershipFactory(organization=other.firm, user=given["by"])
    given["by"].forget_memberships()
    with pytest.raises(KeyReused):
        say(text="Once", **given | {"negotiation": other})
    assert Entry.objects.filter(kind="message").count() == 1


@pytest.mark.parametrize(("kind", "text", "field"), [
    ("message", " ", "text"), ("question", "x" * 4001, "text"), ("offered", "x", "kind"), ("meeting", "x", "kind"),
])  # fmt: skip
def test_nothing_empty_endless_or_of_another_kind_is_said(kind, text, field):
    found = opened()
    with pytest.raises(DomainError) as refused:
        say(negotiation=found, kind=kind, text=text, by=staff_of(found.firm), at=NOW)
    assert refused.value.field == field
    assert found.entries.count() == 1


def test_outsiders_viewers_and_officers_say_nothing():
    found = opened()
    viewer = MembershipFactory(organization=found.holder, role="viewer").user
    officer = MembershipFactory(government=True).user
    for by in (UserFactory(), MembershipFactory().user, viewer, officer):
        with pytest.raises(NotAllowed):
            say(negotiation=found, kind="message", text="x", by=by, at=NOW)
    assert found.entries.count() == 1


def test_nothing_is_said_when_it_is_over():
    found = opened()
    question = asked(found)
    close(negotiation=found, outcome="price", by=manager_of(found.firm), at=NOW)
    before = Negotiation.objects.values().get(), found.entries.count()
    with pytest.raises(NotPossibleNow):
        say(negotiation=found, kind="message", text="x", by=staff_of(found.firm), at=NOW)
    with pytest.raises(NotPossibleNow):
        reply(question=question, text="x", by=staff_of(found.holder), at=NOW)
    with pytest.raises(NotPossibleNow):
        meet(negotiation=found, meets_at=NOW + DAY, place="x", by=staff_of(found.holder), at=NOW)
    assert (Negotiation.objects.values().get(), found.entries.count()) == before
