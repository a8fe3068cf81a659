"""A version of a call holds from now on: published by an officer of the office who wrote nothing in it."""

from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from programmes.enums.calls import CALL_STATES, VERSION_STATES, CallState, SchemeKind, VersionState
from programmes.events import call_published
from programmes.models import Call, CallVersion
from programmes.models.calls import TITLES, Terms
from programmes.scheme import Scheme, Words
from programmes.scheme.checks import Problem, lacking_conditions, problems
from programmes.services.calls.asking import locked_call, locked_version, require_officer


class NotReady(DomainError):
    """Something is missing or forbidden yet; `problems` says all of it, with the section of the edit pages."""

    code = "call_not_ready"

    def __init__(self, found: list[Problem]) -> None:
        super().__init__(" ".join(problem.text for problem in found))
        self.problems = found


@transaction.atomic
def publish(*, version: CallVersion, revision: int, by: User, at: datetime) -> Call:
    """Publish a draft; applications begun from now on are under it. `revision` is the one the officer read.

    Raises `NotAllowed` (also for whoever wrote in it), `NotPossibleNow`, `ChangedMeanwhile` and `NotReady`.
    """
    call = locked_call(version.call_id)
    require_officer(by, call.office)
    locked = locked_version(version.pk)
    if locked.state != VersionState.DRAFT or call.state not in {CallState.DRAFT, CallState.PUBLISHED}:
        raise NotPossibleNow(_("This version is not a draft any more."))
    if by.pk == locked.written_by_id or locked.writings.filter(written_by=by).exists():
        raise NotAllowed(_("You wrote in this draft: another officer has to publish it."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Read it again before publishing."))
    if found := what_is_missing(locked, at):
        raise NotReady(found)

    for name, value in asdict(locked.terms).items():
        setattr(call, name, value)
    VERSION_STATES.move(locked, VersionState.PUBLISHED, published_by=by, published_at=at)
    call.current = locked
    if call.state == CallState.DRAFT:
        call.published_at = at
        call.save()
        CALL_STATES.move(call, CallState.PUBLISHED)
    else:
        call.save()
    call_published.send(sender=Call, call=call, version=locked, by=by, at=at)
    return call


def what_is_missing(version: CallVersion, at: datetime) -> list[Problem]:
    """All that stops this draft from being published at `at`: gaps, and what may not change while the call runs."""
    call, terms = version.call, version.terms
    found = problems(version.scheme, terms.budget_won, call.kind)
    if not all(getattr(terms, name) for name in TITLES):
        found.insert(0, Problem("notice", _("Give the title in Korean, English and Chinese.")))
    if terms.closes_at <= at:
        found.append(Problem("budget", _("The window is over already: choose a later end.")))
    if call.current is not None:
        found += _while_it_runs(call, call.current, version, terms, at)
    elif call.kind == SchemeKind.VOUCHER:
        found += lacking_conditions(version.scheme)
    return found


def _while_it_runs(call: Call, current: CallVersion, version: CallVersion, terms: Terms, at: datetime) -> list[Problem]:
    """A running call gets a longer window, more money, other words; nothing that those who applied reckoned with."""
    found = []
    if terms.opens_at != call.opens_at and call.opens_at <= at:
        found.append(Problem("budget", _("The call is open already: its beginning stays.")))
    if terms.closes_at < call.closes_at:
        found.append(Problem("budget", _("The window of a published call gets longer, never shorter.")))
    if terms.closes_at != call.closes_at and call.selections.under_way().exists():
        # Who applied after all would never be ranked with the others (docs/adr/0039).
        words = _("A selection of this call is proposed or being published. It is ended first.")
        found.append(Problem("budget", words))
    if terms.budget_won < call.budget_won:
        found.append(Problem("budget", _("The budget of a published call grows, and never shrinks.")))
    before, after = wordless(current.scheme), wordless(version.scheme)
    for section, names in FIXED.items():
        if any(getattr(before, name) != getattr(after, name) for name in names):
            found.append(
                Problem(section, _("Firms reckon with this: while a call runs only its words may change here."))
            )
    if not version.why.strip():
        found.append(Problem("notice", _("Say what changed and why: applicants read it.")))
    return found


FIXED = {
    "conditions": ("conditions",),
    "bands": ("caps", "bands"),
    "menu": ("menu", "one_per_area", "most_services"),
    "papers": ("papers",),
    "stages": ("stages", "criteria", "pass_points", "reserve_places"),
    "clocks": ("days", "unused_bp", "barred_years"),
}
"""What a later version keeps, by section of the edit pages."""


def wordless(scheme: Scheme) -> Scheme:
    """The scheme without its words, to see whether anything else differs."""
    none = Words("")
    return replace(
        scheme,
        conditions=tuple(replace(each, words=None) for each in scheme.conditions),
        menu=tuple(replace(each, words=none) for each in scheme.menu),
        papers=tuple(replace(each, words=none) for each in scheme.papers),
        stages=tuple(replace(each, words=none) for each in scheme.stages),
        criteria=tuple(replace(each, words=none) for each in scheme.criteria),
    )
