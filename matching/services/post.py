"""A firm says what it looks for."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.counters import take_numbers
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.idempotency import KeyReused
from marketplace.core.text import tidy
from matching import notices
from matching.enums import AlertRate
from matching.models import LONG_TEXT, Need
from matching.numbers import need_number
from matching.outbox import match_after_commit
from taxonomy.enums import System
from taxonomy.queries import current_revision, unknown

COUNTER = "need"
LATEST = timedelta(days=365)
CONTENT_FIELDS = (
    "title", "problem", "st_class", "trl_from", "trl_to", "region_code", "budget_won", "answer_by", "is_anonymous",
    "rate",
)  # fmt: skip
"""What the firm says and may change, in the order of the form."""

ASKED_FIELDS = ("title", "problem")
"""What the matching reads: a change here asks all listings anew."""


class Posted(NamedTuple):
    """`is_new` is False when the need was there already."""

    need: Need
    is_new: bool


@transaction.atomic
def post(
    *, organization: Organization, content: Mapping[str, Any], by: User, at: datetime, key: UUID | None = None
) -> Posted:
    """Write the need, number it, tell the owner, and have it matched after commit.

    `content` holds values for `CONTENT_FIELDS`; `title`, `problem` and `answer_by` must be there. `key` is the
    caller's idempotency key, one per person: again it gives the same need, with other content `KeyReused`.
    Raises `NotAllowed`, and `DomainError` naming the field.
    """
    refuse_unless_posting(by, organization)
    given = checked(content, at=at)
    # Everybody who posts for this organization passes here one by one: a double click meets what the first one wrote.
    locked = Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=organization.pk)
    if key and (earlier := Need.objects.filter(owner=by, idempotency_key=key).first()):
        return Posted(_same(earlier, locked, given), False)
    year = timezone.localtime(at).year
    serial = take_numbers(kind=COUNTER, year=year, count=1)[0]
    need = Need.objects.create(
        number=need_number(year, serial),
        organization=locked,
        owner=by,
        idempotency_key=key,
        opened_at=at,
        due_at=at,
        **given,
    )
    notices.receipt(need)
    match_after_commit()
    return Posted(need, True)


def refuse_unless_posting(user: User, organization: Organization) -> None:
    if not has_permission(user, Permission.POST_NEEDS, organization):
        raise NotAllowed(_("Only members of a company or agency who may post needs can do this."))


def _same(earlier: Need, organization: Organization, given: Mapping[str, Any]) -> Need:
    """The need of this key. What was edited since cannot be compared any more, and counts as the same."""
    unchanged = all(getattr(earlier, name) == value for name, value in given.items())
    if earlier.organization_id != organization.pk or (earlier.revision == 1 and not unchanged):
        raise KeyReused(_("This Idempotency-Key was used for another need."))
    return earlier


def checked(content: Mapping[str, Any], *, at: datetime, stored: Need | None = None) -> dict[str, Any]:
    """The values as they are stored. `stored` is the need that is edited: its date may lie in the past if unchanged.

    Raises `TypeError` for a field nobody may set, `DomainError` naming the field.
    """
    if strange := set(content) - set(CONTENT_FIELDS):
        raise TypeError(f"not for the firm to set: {sorted(strange)}")
    given = {name: tidy(value) if isinstance(value, str) else value for name, value in content.items()}
    both = {name: getattr(stored, name, None) for name in CONTENT_FIELDS} | given
    _check_texts(both)
    _check_codes(given)
    for name in ("trl_from", "trl_to"):
        if both[name] is not None and both[name] not in range(1, 10):
            raise DomainError(_("TRL is a number from 1 to 9."), field=name)
    if both["trl_from"] and both["trl_to"] and both["trl_to"] < both["trl_from"]:
        raise DomainError(_("“TRL to” is lower than “TRL from”."), field="trl_to")
    if stored is None or both["answer_by"] != stored.answer_by:
        check_date(both["answer_by"], at)
    if both["rate"] is None:
        given.pop("rate", None)
    elif both["rate"] not in AlertRate.values:
        raise DomainError(_("Choose how often mail is to come."), field="rate")
    return given


def check_date(day: date | None, at: datetime) -> None:
    """Raise `DomainError` unless `day` is tomorrow in Korea or later, and not more than a year ahead."""
    today = timezone.localdate(at)
    if day is None:
        raise DomainError(_("Say by when you need an answer."), field="answer_by")
    if day <= today:
        raise DomainError(_("The day to answer by must be tomorrow or later."), field="answer_by")
    if day > today + LATEST:
        raise DomainError(_("The day to answer by may be at most a year ahead."), field="answer_by")


def _check_texts(values: Mapping[str, Any]) -> None:
    longest = Need._meta.get_field("title").max_length or 0
    for name, most in (("title", longest), ("problem", LONG_TEXT)):
        if len(values[name] or "") > most:
            raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=name)
    if not values["title"]:
        raise DomainError(_("Say in one line what you look for."), field="title")
    if not values["problem"]:
        raise DomainError(_("Describe the problem: technologies are matched by these words."), field="problem")


def _check_codes(values: Mapping[str, Any]) -> None:
    for name, system in (("st_class", System.ST), ("region_code", System.REGION)):
        code = values.get(name)
        if code and current_revision(system) and unknown(system, [code]):
            raise DomainError(_("“%(code)s” is not known. Choose one from the list.") % {"code": code}, field=name)
    budget = values.get("budget_won")
    if budget is not None and not 0 <= budget < 10**15:
        raise DomainError(_("Give the budget in whole won, or leave it empty."), field="budget_won")
