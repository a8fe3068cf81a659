"""Letters as mail: to the people of the institute, and to its head, who may have no account.

A mail is made when it is sent, from the letter's lines less those of which nothing may be shown any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from accounts.models import User
from notifications import registry
from notifications.mails import absolute, unsubscribe_token
from notifications.models import Notification
from notifications.outbox import notify, write_outside
from notifications.registry import OwnMail
from obligations.enums import DAYS_FROM_HEAD_TO_PUBLIC, LetterStep
from obligations.models import Letter, Reminder

LETTER, TO_HEAD = "duty_letter", "duty_letter_to_head"
TARGET = "obligations.letter"
HEADS_LANGUAGE = "ko"
LINES_IN_A_MAIL = 20


def letters_visible_to(user: User) -> QuerySet[Letter]:
    return Letter.objects.visible_to(user)


def subject_of(step: str, count: int) -> str:
    """What a letter is about, in the active language."""
    words = {"count": count}
    if step in {LetterStep.EARLY, LetterStep.SOON}:
        return ngettext("%(count)d duty is due soon", "%(count)d duties are due soon", count) % words
    if step == LetterStep.ON_THE_DAY:
        return ngettext("%(count)d duty is due", "%(count)d duties are due", count) % words
    return ngettext("%(count)d duty is overdue", "%(count)d duties are overdue", count) % words


def sentence_of(step: str) -> str:
    """What the letter asks for, in the active language."""
    return {
        LetterStep.EARLY: gettext("In about a month the following is due. Please see to it in time."),
        LetterStep.SOON: gettext("In about a week the following is due. Please see to it in time."),
        LetterStep.ON_THE_DAY: gettext("The following is due now. Please see to it."),
        LetterStep.LATE: gettext("The following is overdue. Please see to it, or ask for what the law allows."),
        LetterStep.HEAD: gettext(
            "The following is overdue by a month or more, and the office was told. "
            "What is still overdue %(days)d days after this letter stands in the public table."
        )
        % {"days": DAYS_FROM_HEAD_TO_PUBLIC},
    }[LetterStep(step)]


def in_words(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "title": subject_of(params["step"], params["count"]),
        "body": sentence_of(params["step"]),
        "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT"),
    }


def written(letter: Letter, *, count: int, users: Iterable[User], at: datetime) -> None:
    """Put the mails of a letter into the outbox, in its own transaction."""
    notify(
        users=users,
        kind=LETTER,
        dedupe_key=f"{LETTER}:{letter.public_id}",
        params={"step": letter.step, "count": count, "day": letter.day.isoformat()},
        url=reverse("obligations:letter", args=[letter.public_id]),
        target=(TARGET, letter.public_id),
        at=at,
        scheduled=True,
    )
    if letter.head_email:
        write_outside(
            address=letter.head_email,
            language=HEADS_LANGUAGE,
            kind=TO_HEAD,
            dedupe_key=f"{TO_HEAD}:{letter.public_id}",
            target_id=letter.public_id,
            at=at,
        )


@dataclass(frozen=True)
class Part:
    """A letter as a mail says it: some lines, how many `more` there are, and where all of them stand."""

    letter: Letter
    subject: str
    sentence: str
    lines: list[Reminder]
    more: int
    link: str


def part_of(letter: Letter) -> Part | None:
    lines = Reminder.objects.shown().filter(letter=letter)
    count = lines.count()
    if not count:
        return None
    shown = list(lines.select_related("obligation").order_by("deadline", "pk")[:LINES_IN_A_MAIL])
    link = absolute(reverse("obligations:letter", args=[letter.public_id]))
    return Part(letter, subject_of(letter.step, count), sentence_of(letter.step), shown, count - len(shown), link)


def compose(user: User, messages: list[Notification]) -> OwnMail | None:
    """One mail of all letters that wait for this person; None where nothing of them may be seen any more."""
    found = Letter.objects.visible_to(user).filter(public_id__in=[row.target_id for row in messages])
    letters = found.select_related("institute").order_by("-day", "pk")
    parts = [part for letter in letters if (part := part_of(letter))]
    if not parts:
        return None
    subject = parts[0].subject if len(parts) == 1 else gettext("Letters about duties")
    leave = reverse("notifications:unsubscribe", args=[unsubscribe_token(user)])
    return OwnMail(subject=subject, template="obligations/mail/letter", context={"parts": parts}, leave=leave)


def compose_to_head(target_id: UUID) -> OwnMail | None:
    letter = Letter.objects.select_related("institute").filter(public_id=target_id).first()
    part = part_of(letter) if letter else None
    if part is None:
        return None
    context = {"parts": [part], "head": part.letter.head_name}
    return OwnMail(subject=part.subject, template="obligations/mail/letter", context=context, leave="")


registry.register(
    LETTER,
    title="%(title)s",
    body="%(body)s",
    targets=letters_visible_to,
    present=in_words,
    compose=compose,
)
registry.register_outside(TO_HEAD, compose_to_head)
