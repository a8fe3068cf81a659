"""The calendar of letters: each step once, one letter per institute, step and day, whatever fails meanwhile."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, InternalError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from notifications.delivery import deliver_all, deliver_outside, waiting_for_mail
from notifications.enums import MailState
from notifications.models import Notification, OutsideMail
from obligations.enums import CALENDAR, LetterStep
from obligations.models import Letter, Obligation, Reminder, RnDProject
from obligations.services import escalate as service
from obligations.services.discharge import accept_extension
from obligations.services.escalate import escalate, next_step, write_letters
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, at_day, duty, exemption, officer
from tests.threads import at_once

DUE = date(2026, 6, 1)


def institute(**more):
    return OrganizationFactory(institute=True, **more)


def owed(owner, *, due=DUE, many=1):
    """Duties of the institute with this deadline, which is the day of completion."""
    project = ProjectFactory(lead=owner)
    return [duty(ResultFactory(project=project, number="", completed_on=due), at=at_day(due)) for _ in range(many)]


def steps(day=None):
    rows = Letter.objects.filter(day=day) if day else Letter.objects.all()
    return [(letter.step, letter.reminders.count()) for letter in rows.order_by("day", "pk")]


def through(first, last):
    """The task, every day from `first` to `last`."""
    day = first
    while day <= last:
        escalate(at=at_day(day))
        day += timedelta(days=1)


# --- which step ---


@pytest.mark.parametrize(
    ("after", "said", "step"),
    [
        (-31, {}, None),
        (-30, {}, "early"),
        (-8, {"early": -30}, None),
        (-7, {"early": -30}, "soon"),
        (0, {"early": -30, "soon": -7}, "on_the_day"),
        (6, {"on_the_day": 0}, None),
        (7, {"on_the_day": 0}, "late"),
        (29, {"late": 7}, None),
        (30, {"late": 7}, "head"),
        (400, {"late": 7, "head": 30}, None),
        # Days were missed: the latest step, and no older one after it.
        (-5, {"early": -30}, "soon"),
        (3, {"early": -30}, "on_the_day"),
        (9, {"early": -30}, "late"),
        (9, {"late": 9}, None),
        # What comes late into the calendar begins with the office, and the head is written 23 days later.
        (400, {}, "late"),
        (401, {"late": 400}, None),
        (422, {"late": 400}, None),
        (423, {"late": 400}, "head"),
        (33, {"late": 12}, None),
        (35, {"late": 12}, "head"),
    ],
)
def test_the_latest_step_that_has_come_and_never_an_older_one(after, said, step):
    on = {LetterStep(name): DUE + timedelta(days=days) for name, days in said.items()}
    assert next_step(DUE, on, DUE + timedelta(days=after)) == step


def test_a_duty_goes_through_the_whole_calendar_once():
    owner = institute()
    due = date(2026, 8, 1)
    found = duty(ResultFactory(project__lead=owner, number="", completed_on=DUE))
    who = officer()
    accept_extension(obligation=found, until=due, reason="Abroad", by=who, at=at_day(DUE))
    through(due - timedelta(days=31), due + timedelta(days=40))
    assert [(letter.step, (letter.day - due).days) for letter in Letter.objects.order_by("day")] == [
        (line.step, line.days) for line in CALENDAR
    ]
    assert Reminder.objects.count() == 5


def test_one_letter_for_all_duties_of_a_step_and_day():
    first, second = institute(), institute()
    owed(first, many=3)
    owed(second)
    owed(first, due=date(2026, 5, 20), many=2)
    assert escalate(at=at_day(DUE)) == 3
    assert sorted(steps(DUE)) == [("late", 2), ("on_the_day", 1), ("on_the_day", 3)]


def test_again_on_the_same_day_writes_nothing():
    owner = institute()
    member = MembershipFactory(organization=owner).user
    owed(owner, many=2)
    assert [escalate(at=at_day(DUE, hour)) for hour in (8, 9, 19)] == [1, 0, 0]
    # A duty that came up at noon waits for tomorrow: the letter of today is written.
    owed(owner)
    assert escalate(at=at_day(DUE, 19)) == 0
    assert escalate(at=at_day(DUE + timedelta(days=1))) == 1
    assert steps() == [("on_the_day", 2), ("on_the_day", 1)]
    assert member.notifications.filter(kind="duty_letter").count() == 2


def test_what_is_done_exempt_dropped_or_secret_gets_no_letter():
    owner = institute()
    done, exempt, dropped, _secret = owed(owner, many=4)
    fields = {"done_at": at_day(DUE)}
    Obligation.objects.filter(pk=done.pk).update(state="listed", **fields)
    exemption(exempt, "granted")
    Obligation.objects.filter(pk=exempt.pk).update(state="exempt")
    Obligation.objects.filter(pk=dropped.pk).update(state="dropped", closed_reason="result_deleted")
    RnDProject.objects.update(is_security=True)
    assert escalate(at=at_day(DUE)) == 0
    RnDProject.objects.update(is_security=False)
    assert escalate(at=at_day(DUE)) == 1
    assert steps() == [("on_the_day", 1)]


def test_an_accepted_delay_is_a_new_deadline_with_its_own_steps():
    owner = institute()
    (found,) = owed(owner)
    escalate(at=at_day(DUE))
    accept_extension(obligation=found, until=date(2026, 6, 20), reason="Abroad", by=officer(), at=at_day(DUE))
    escalate(at=at_day(date(2026, 6, 10)))
    escalate(at=at_day(date(2026, 6, 20)))
    assert [(row.step, row.deadline) for row in Reminder.objects.order_by("pk")] == [
        ("on_the_day", DUE), ("early", date(2026, 6, 20)), ("on_the_day", date(2026, 6, 20)),
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"step": "head"}, {"day": date(2027, 1, 1)}, {"people": 9}])
def test_a_letter_is_never_changed(change):
    owed(institute())
    escalate(at=at_day(DUE))
    for rows in (lambda: Letter.objects.update(**change), Letter.objects.all().delete, Reminder.objects.all().delete):
        with pytest.raises((InternalError, DatabaseError)), transaction.atomic():
            rows()
    assert steps() == [("on_the_day", 1)]


def test_the_database_takes_no_reminder_twice():
    (found,) = owed(institute())
    escalate(at=at_day(DUE))
    row = Reminder.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(
            letter=row.letter, obligation=found, step=row.step, deadline=row.deadline, number="x", title="x"
        )


# --- who is told ---


def send(day, hour=10):
    at = at_day(day, hour)
    return deliver_all(waiting_for_mail(), at) + deliver_outside(at)


def test_each_person_gets_one_mail_in_their_language_and_the_page_has_all_of_them():
    owner = institute(name="가온대학교", name_en="Gaon University")
    korean = MembershipFactory(organization=owner, user__language="ko").user
    english = MembershipFactory(organization=owner, user__language="en", user__mail_rate="weekly").user
    silent = MembershipFactory(organization=owner, user__mail_rate="off", user__language="en").user
    MembershipFactory(organization=owner, role="viewer")
    owed(owner, many=3)
    escalate(at=at_day(DUE))
    assert send(DUE) == 2
    assert {m.to[0] for m in mail.outbox} == {korean.email, english.email}
    text = next(m for m in mail.outbox if m.to == [english.email])
    assert "3 duties are due" in text.subject
    assert text.body.count("* ") == 3
    assert "Gaon University" in text.body
    assert send(DUE) == 0
    letter = Letter.objects.get()
    assert (letter.people, letter.languages) == (3, ["en", "ko"])
    assert silent.notifications.filter(kind="duty_letter").count() == 1


def test_the_head_is_written_once_with_the_office_and_has_no_account():
    owner = institute(head_name="나기관", head_email="head@gaon.example")
    office = MembershipFactory(organization=owner, user__language="en").user
    owed(owner)
    through(DUE, DUE + timedelta(days=30))
    letter = Letter.objects.get(step="head")
    assert (letter.head_name, letter.head_email, letter.languages) == ("나기관", "head@gaon.example", ["en", "ko"])
    assert not Letter.objects.exclude(step="head").exclude(head_email="").exists()
    send(DUE + timedelta(days=30))
    to_head = [m for m in mail.outbox if m.to == ["head@gaon.example"]]
    assert len(to_head) == 1
    assert "나기관" in to_head[0].body
    assert "List-Unsubscribe" not in to_head[0].extra_headers
    assert office.email in {m.to[0] for m in mail.outbox}
    assert send(DUE + timedelta(days=31)) == 0


def test_without_a_head_or_members_the_letter_says_so(client):
    owner = institute()
    owed(owner)
    through(DUE, DUE + timedelta(days=30))
    assert not OutsideMail.objects.exists()
    sign_in(client, MembershipFactory(government=True, user=UserFactory(second_factor=True)).user)
    page = client.get(reverse("obligations:letters"))
    assert page.text.count("Nobody could be told") == 3
    assert "no head is entered" in page.text


def test_what_turned_secret_is_in_no_mail_and_on_no_page(client):
    owner = institute(head_email="head@gaon.example")
    member = MembershipFactory(organization=owner).user
    (secret,) = owed(owner)
    (other,) = owed(owner)
    type(secret.result).objects.filter(pk=secret.result_id).update(title="kanarienvogel")
    through(DUE, DUE + timedelta(days=30))
    RnDProject.objects.filter(pk=secret.project_id).update(is_security=True)
    send(DUE + timedelta(days=30))
    assert mail.outbox
    assert not [m for m in mail.outbox if "kanarienvogel" in m.body]
    sign_in(client, member)
    letter = Letter.objects.get(step="head")
    page = client.get(reverse("obligations:letter", args=[letter.public_id]))
    assert "kanarienvogel" not in page.text
    assert len(page.context["page"].object_list) == 1
    RnDProject.objects.filter(pk=other.project_id).update(is_security=True)
    assert client.get(reverse("obligations:letter", args=[letter.public_id])).status_code == 404
    assert client.get(reverse("obligations:letters")).context["page"].paginator.count == 0


def test_nothing_is_left_to_say_when_all_of_it_turned_secret():
    owner = institute(head_email="head@gaon.example")
    owed(owner)
    through(DUE, DUE + timedelta(days=30))
    RnDProject.objects.update(is_security=True)
    assert send(DUE + timedelta(days=30)) == 0
    assert OutsideMail.objects.get().mail_state == MailState.LEFT_OUT


# --- when something fails ---


def test_the_mail_server_is_down_and_comes_back(settings, monkeypatch):
    owner = institute(head_email="head@gaon.example")
    MembershipFactory(organization=owner)
    owed(owner)
    day = DUE + timedelta(days=30)
    through(DUE, day)
    Notification.objects.exclude(target_id=Letter.objects.get(step="head").public_id).update(
        mail_state="left_out", left_out_why="reset"
    )
    settings.EMAIL_BACKEND = "tests.obligations.test_letters.Broken"
    assert send(day) == 0
    escalate(at=at_day(day, 11))
    assert (Letter.objects.filter(step="head").count(), OutsideMail.objects.get().failures) == (1, 1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send(day) == 0  # it is asked again in some minutes
    assert send(day, 12) == 2
    assert send(day, 13) == 0
    assert len(mail.outbox) == 2


class Broken:
    def __init__(self, *args, **kwargs):
        """As Django makes one."""

    def send_messages(self, messages):
        raise ConnectionRefusedError


def test_the_brake_holds_letters_back(monkeypatch):
    owner = institute(head_email="head@gaon.example")
    owed(owner)
    through(DUE, DUE + timedelta(days=30))
    monkeypatch.setattr("notifications.delivery.mail_is_stopped", lambda: True)
    assert deliver_outside(at_day(DUE + timedelta(days=30))) == 0
    assert OutsideMail.objects.get().mail_state == MailState.WAITING


def test_a_killed_worker_loses_and_repeats_nothing():
    for _ in range(3):
        owed(institute())

    def killed(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        escalate(at=at_day(DUE), each=killed)
    assert Letter.objects.count() == 2
    assert escalate(at=at_day(DUE)) == 1
    assert steps() == [("on_the_day", 1)] * 3


def test_a_fault_while_writing_takes_letter_lines_and_mails_back(monkeypatch):
    owner = institute()
    MembershipFactory(organization=owner)
    owed(owner)
    monkeypatch.setattr(service.letter_notices, "write_outside", lambda **given: 1 / 0)
    type(owner).objects.filter(pk=owner.pk).update(head_email="head@gaon.example")
    through(DUE, DUE + timedelta(days=29))
    before = steps(), Notification.objects.count()
    with pytest.raises(ZeroDivisionError):
        escalate(at=at_day(DUE + timedelta(days=30)))
    assert (steps(), Notification.objects.count()) == before
    monkeypatch.undo()
    assert escalate(at=at_day(DUE + timedelta(days=31))) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without"])
def test_two_schedulers_write_one_letter(locked, monkeypatch):
    owner = institute()
    member = MembershipFactory(organization=owner).user
    owed(owner, many=3)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
        meet(monkeypatch)
    outcomes = at_once(*[lambda: write_letters(institute_id=owner.pk, at=at_day(DUE))] * 2)
    if locked:
        assert sorted(len(outcome) for outcome in outcomes) == [0, 1]
    else:
        # Both had seen that nothing was written: only the constraint was left.
        assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [IntegrityError]
    assert steps() == [("on_the_day", 3)]
    assert member.notifications.filter(kind="duty_letter").count() == 1


def meet(monkeypatch):
    """Both threads have looked before either writes."""
    import threading

    barrier, look = threading.Barrier(2), service._what_to_say

    def both(*args):
        found = look(*args)
        barrier.wait(15)
        return found

    monkeypatch.setattr(service, "_what_to_say", both)


@pytest.mark.django_db(transaction=True)
def test_two_whole_rounds_at_once():
    owners = [institute() for _ in range(4)]
    for owner in owners:
        owed(owner, many=2)
    outcomes = at_once(lambda: escalate(at=at_day(DUE)), lambda: escalate(at=at_day(DUE)))
    assert sum(outcomes) == 4
    assert steps() == [("on_the_day", 2)] * 4


# --- the pages ---


def test_the_letter_as_it_was_sent(client):
    owner = institute(name_en="Gaon University")
    member = MembershipFactory(organization=owner, user__language="ko").user
    (found,) = owed(owner)
    title = found.result.title
    escalate(at=at_day(DUE))
    type(found.result).objects.filter(pk=found.result_id).update(title="Renamed since")
    sign_in(client, member)
    page = client.get(reverse("obligations:letter", args=[Letter.objects.get().public_id]))
    assert title in page.text
    assert "Renamed since" not in page.text
    # The mail was Korean, so is the letter, whatever the language of the page around it.
    assert page.context["language"] == "ko"
    assert '<article class="stack" lang="ko">' in page.text
    assert not member.notifications.filter(kind="duty_letter", read_at=None).exists()


def test_an_unknown_language_is_no_fault(client):
    owner = institute()
    member = MembershipFactory(organization=owner).user
    owed(owner)
    escalate(at=at_day(DUE))
    sign_in(client, member)
    url = reverse("obligations:letter", args=[Letter.objects.get().public_id])
    assert client.get(url, {"language": "xx"}).status_code == 200
    assert client.get(reverse("obligations:letters"), {"step": "moon"}).context["form"].errors
    assert client.get(reverse("obligations:calendar")).status_code == 200
