"""Whether an application meets what its version requires: for each requirement met, missing or unclear, and why.

Pure: no database, no clock. Numbers and sources come from the version (`Needed`), what is known of the applicant as
plain `Facts`. Sources: Act arts. 10, 14; decree arts. 16, 21 (domain-facts §2); days count by `marketplace.core.days`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from brokers.enums.registration import (
    CareerRoute,
    DocumentKind,
    Outcome,
    QualificationKind,
    RequirementKey,
    RequirementUnit,
)
from marketplace.core.days import last_day

DAYS_A_MONTH = 30
"""An assumption: days that are left over from several times of work are gathered into months of so many days."""

LICENCES = frozenset(
    {
        QualificationKind.LAWYER,
        QualificationKind.PATENT_ATTORNEY,
        QualificationKind.ACCOUNTANT,
        QualificationKind.ENGINEER,
    }
)
"""What the route of those with a licence asks for: being a trader already is none of it (decree art. 21)."""


@dataclass(frozen=True)
class Needed:
    """One line of a version: at least `least` of `unit`, after `law`."""

    key: str
    least: int
    unit: str
    law: str
    route: str = ""
    is_waived: bool = False


@dataclass(frozen=True)
class Licence:
    """A qualification of a person. Rejected ones are not given to the check."""

    kind: str
    issued_on: date
    is_verified: bool


@dataclass(frozen=True)
class Staff:
    """Somebody whom the agency named; `has_confirmed` when the person said that it is so."""

    licences: tuple[Licence, ...]
    has_confirmed: bool
    from_on: date


@dataclass(frozen=True)
class Work:
    """A time of work, the first and the last day included; without `to_on` it goes on. Incomplete without `from_on`."""

    from_on: date | None
    to_on: date | None = None
    is_complete: bool = True


@dataclass(frozen=True)
class Lesson:
    """Hours of training. Incomplete ones count for nothing."""

    hours: int | None
    finished_on: date | None
    is_complete: bool = True


@dataclass(frozen=True)
class Facts:
    """What is known of an application on `day`, a day in Korea.

    `licences` are those of the person who wants to be a trader; `cancelled_on` is the day of the last cancellation.
    """

    day: date
    is_corporation: bool = False
    staff: Sequence[Staff] = ()
    documents: frozenset[str] = frozenset()
    has_network_text: bool = False
    has_network_url: bool = False
    route: str = ""
    licences: Sequence[Licence] = ()
    career: Sequence[Work] = ()
    training: Sequence[Lesson] = ()
    cancelled_on: date | None = None


@dataclass(frozen=True)
class Finding:
    """What the check says of a requirement: `text` says why and what to do, `have` how much there is of `unit`."""

    key: str
    outcome: Outcome
    text: str
    law: str
    have: int
    least: int
    unit: str
    is_waived: bool = False

    @property
    def is_met(self) -> bool:
        return self.outcome == Outcome.MET


@dataclass(frozen=True)
class Span:
    """A stretch of time worked: whole months, and days beside them."""

    months: int
    days: int


def check(needed: Iterable[Needed], facts: Facts) -> list[Finding]:
    """One finding per requirement, in the order given; of the routes of a career only the chosen one is looked at."""
    lines = list(needed)
    findings, routes = [], {line.route: line for line in lines if line.key == RequirementKey.CAREER}
    looked_at = False
    for line in lines:
        if line.key == RequirementKey.CAREER:
            if looked_at:
                continue
            looked_at = True
            findings.append(_career(routes, facts))
        elif line.is_waived:
            findings.append(_waived(line))
        else:
            findings.append(CHECKS[line.key](line, facts))
    return findings


def reapply_from(cancelled_on: date, months: int) -> date:
    """The first day on which `months` have passed since a cancellation (Civil Act arts. 157, 160)."""
    return last_day(cancelled_on, months=months) + timedelta(days=1)


def stretches(career: Iterable[Work], *, day: date, since: date | None = None) -> list[tuple[date, date]]:
    """The times worked before `day`, as (first day, day after the last), apart from each other and in order.

    What overlaps or follows at once is one stretch. Work that goes on counts up to `day`, which is not over yet. With
    `since`, nothing before that day.
    """
    found: list[tuple[date, date]] = []
    for begin, end in sorted(_ends(career, day=day, since=since)):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _ends(career: Iterable[Work], *, day: date, since: date | None) -> Iterable[tuple[date, date]]:
    for work in career:
        if work.from_on is None or not work.is_complete:
            continue
        begin = max(work.from_on, since) if since else work.from_on
        end = day if work.to_on is None else min(work.to_on, day) + timedelta(days=1)
        if begin < end:
            yield begin, end


def length(begin: date, end: date) -> Span:
    """From `begin` to the day before `end`. Months are complete when their last day is over: 36 months from a day on
    with the day three years later; from 29 February, when February is over.
    """
    before = begin - timedelta(days=1)  # the first day of work counts in full (Civil Act art. 157)
    months = max(0, (end.year - begin.year) * 12 + end.month - begin.month + 1)
    while months and last_day(before, months=months) >= end:
        months -= 1
    counted_to = last_day(before, months=months) if months else before
    return Span(months, (end - counted_to).days - 1)


def worked(career: Iterable[Work], *, day: date, since: date | None = None) -> Span:
    """All stretches together. Of several, thirty days that are left over make a month; of one, the calendar says."""
    spans = [length(begin, end) for begin, end in stretches(career, day=day, since=since)]
    if len(spans) == 1:
        return spans[0]
    left = sum(span.days for span in spans)
    return Span(sum(span.months for span in spans) + left // DAYS_A_MONTH, left % DAYS_A_MONTH)


# --- one by one -------------------------------------------------------------------------------------------------------


def _found(line: Needed, outcome: Outcome, text: str, have: int = 0) -> Finding:
    return Finding(line.key, outcome, text, line.law, have, line.least, line.unit)


def _waived(line: Needed) -> Finding:
    text = _("The version in force names it and does not ask for it.")
    return Finding(line.key, Outcome.MET, text, line.law, 0, line.least, line.unit, is_waived=True)


def _corporation(line: Needed, facts: Facts) -> Finding:
    if facts.is_corporation:
        return _found(line, Outcome.MET, _("The organization has a corporate registration number."), 1)
    text = _("The corporate registration number is not known. Enter it in the details of the organization.")
    return _found(line, Outcome.MISSING, text)


def _staff(line: Needed, facts: Facts) -> Finding:
    """Who has a verified qualification, has said so and has begun counts. What still waits makes it unclear."""
    named = [person for person in facts.staff if person.licences and person.from_on <= facts.day]
    sure = sum(person.has_confirmed and any(x.is_verified for x in person.licences) for person in named)
    waiting = len(named) - sure
    numbers = {"have": sure, "least": line.least, "waiting": waiting, "more": line.least - sure}
    if sure >= line.least:
        text = _("%(have)d qualified people work for you; %(least)d are needed.")
        return _found(line, Outcome.MET, text % numbers, sure)
    if len(named) >= line.least:
        text = _(
            "%(have)d of %(least)d are certain. Of %(waiting)d more the person has not confirmed yet, or an officer "
            "has not verified the qualification."
        )
        return _found(line, Outcome.UNCLEAR, text % numbers, sure)
    text = _(
        "%(have)d of %(least)d qualified full-time people are certain and %(waiting)d wait. Name more: traders, "
        "lawyers, patent attorneys, accountants or professional engineers."
    )
    return _found(line, Outcome.MISSING, text % numbers, sure)


def _document(kind: DocumentKind) -> Callable[[Needed, Facts], Finding]:
    def look(line: Needed, facts: Facts) -> Finding:
        if kind in facts.documents:
            return _found(line, Outcome.MET, _("The document is there."), 1)
        return _found(line, Outcome.MISSING, _("Add the document “%(name)s”.") % {"name": kind.label})

    return look


def _network(line: Needed, facts: Facts) -> Finding:
    is_shown = facts.has_network_url or DocumentKind.NETWORK in facts.documents
    if facts.has_network_text and is_shown:
        return _found(line, Outcome.MET, _("It is described, and an address or a proof shows it."), 1)
    if facts.has_network_text:
        text = _("It is described, but nothing shows it: give its address or add a proof.")
        return _found(line, Outcome.UNCLEAR, text)
    if is_shown:
        text = _("Say how it collects, keeps and passes on technology.")
        return _found(line, Outcome.MISSING, text)
    text = _("Describe it, and give its address or add a proof.")
    return _found(line, Outcome.MISSING, text)


def _training(line: Needed, facts: Facts) -> Finding:
    complete = [lesson for lesson in facts.training if lesson.is_complete and lesson.hours and lesson.finished_on]
    hours = sum(lesson.hours or 0 for lesson in complete if lesson.finished_on and lesson.finished_on <= facts.day)
    numbers = {"hours": hours, "least": line.least, "more": line.least - hours}
    if hours < line.least:
        text = _("%(hours)d of %(least)d hours. Enter %(more)d more, with subject and day.")
        return _found(line, Outcome.MISSING, text % numbers, hours)
    if DocumentKind.TRAINING not in facts.documents:
        text = _("%(hours)d of %(least)d hours, without a certificate. Add one.")
        return _found(line, Outcome.UNCLEAR, text % numbers, hours)
    return _found(line, Outcome.MET, _("%(hours)d hours; %(least)d are needed.") % numbers, hours)


def _since_cancellation(line: Needed, facts: Facts) -> Finding:
    if facts.cancelled_on is None:
        return _found(line, Outcome.MET, _("No registration was cancelled before."), line.least)
    first = reapply_from(facts.cancelled_on, line.least)
    days = {
        "cancelled": date_format(facts.cancelled_on, "SHORT_DATE_FORMAT"),
        "first": date_format(first, "SHORT_DATE_FORMAT"),
    }
    passed = length(facts.cancelled_on + timedelta(days=1), facts.day).months if facts.day > facts.cancelled_on else 0
    if facts.day >= first:
        text = _("The registration was cancelled on %(cancelled)s; since %(first)s you may apply again.")
        return _found(line, Outcome.MET, text % days, passed)
    text = _("The registration was cancelled on %(cancelled)s. You may apply again from %(first)s on.")
    return _found(line, Outcome.MISSING, text % days, passed)


CHECKS: Mapping[str, Callable[[Needed, Facts], Finding]] = {
    RequirementKey.CORPORATION: _corporation,
    RequirementKey.QUALIFIED_STAFF: _staff,
    RequirementKey.GUIDELINE: _document(DocumentKind.GUIDELINE),
    RequirementKey.NETWORK: _network,
    RequirementKey.ARTICLES: _document(DocumentKind.ARTICLES),
    RequirementKey.BUSINESS_PLAN: _document(DocumentKind.BUSINESS_PLAN),
    RequirementKey.TRAINING: _training,
    RequirementKey.SINCE_CANCELLATION: _since_cancellation,
}


# --- the career of a trader -------------------------------------------------------------------------------------------


def _career(routes: Mapping[str, Needed], facts: Facts) -> Finding:
    line = routes.get(facts.route)
    if line is None:
        first = next(iter(routes.values()))
        text = _("Choose the route by which you apply, and enter where you worked.")
        return Finding(first.key, Outcome.MISSING, text, first.law, 0, first.least, RequirementUnit.MONTHS)
    if line.is_waived:
        return _waived(line)
    if facts.route == CareerRoute.LICENSED:
        return _licensed(line, facts)
    return _by_months(line, facts, worked(facts.career, day=facts.day))


def _licensed(line: Needed, facts: Facts) -> Finding:
    """Only work from the day on which a licence was issued counts, of several the first."""
    licences = sorted((x for x in facts.licences if x.kind in LICENCES), key=lambda x: x.issued_on)
    if not licences:
        text = _(
            "This route needs a licence as lawyer, patent attorney, accountant or professional engineer. Enter yours "
            "among your qualifications."
        )
        return _found(line, Outcome.MISSING, text)
    verified = [licence for licence in licences if licence.is_verified]
    if verified:
        span = worked(facts.career, day=facts.day, since=verified[0].issued_on)
        if span.months >= line.least or verified[0] == licences[0]:
            return _by_months(line, facts, span, since=verified[0].issued_on)
    span = worked(facts.career, day=facts.day, since=licences[0].issued_on)
    if span.months < line.least:
        return _by_months(line, facts, span, since=licences[0].issued_on)
    text = _("%(have)s since your licence; %(least)s are needed. An officer has not verified the licence yet.")
    return _found(line, Outcome.UNCLEAR, text % _numbers(line, span), span.months)


def _by_months(line: Needed, facts: Facts, span: Span, *, since: date | None = None) -> Finding:
    numbers = _numbers(line, span)
    if span.months < line.least:
        if since:
            numbers["since"] = date_format(since, "SHORT_DATE_FORMAT")
            text = _("%(have)s of %(least)s. Only work from %(since)s on counts, the day of your licence.")
        else:
            text = _("%(have)s of %(least)s. Enter all times of work by this route, with their days.")
        return _found(line, Outcome.MISSING, text % numbers, span.months)
    if DocumentKind.CAREER not in facts.documents:
        text = _("%(have)s; %(least)s are needed. Nothing proves it yet: add a proof of career.")
        return _found(line, Outcome.UNCLEAR, text % numbers, span.months)
    if line.route == CareerRoute.EQUIVALENT:
        text = _("%(have)s; %(least)s are needed. Whether the career is equivalent, the committee decides.")
        return _found(line, Outcome.UNCLEAR, text % numbers, span.months)
    return _found(line, Outcome.MET, _("%(have)s; %(least)s are needed.") % numbers, span.months)


def _numbers(line: Needed, span: Span) -> dict[str, str]:
    return {"have": _said(span), "least": _months(line.least)}


def _months(number: int) -> str:
    return ngettext("%(number)d month", "%(number)d months", number) % {"number": number}


def _said(span: Span) -> str:
    if not span.days:
        return _months(span.months)
    days = ngettext("%(number)d day", "%(number)d days", span.days) % {"number": span.days}
    return _("%(months)s and %(days)s") % {"months": _months(span.months), "days": days}
