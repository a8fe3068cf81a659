"""Terms of payment in words, for pages, documents, exports and the API alike; and where two differ."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from brokers.wording.fees import Difference, Fact, figures, rate
from deals.terms import Case, Kind, Method, Milestone, Payment, Terms

__all__ = ["Difference", "Fact", "case_name", "differences", "facts", "kind_name", "payment_name", "summary"]


def facts(terms: Terms) -> list[Fact]:
    """Everything that is agreed, in the order of the form; what is not agreed is left out."""
    return list(_facts(terms))


def _facts(terms: Terms) -> Iterator[Fact]:
    yield Fact("method", _("Way to pay"), str(Method(terms.method).label))
    if terms.upfront_won:
        label = _("Lump sum at signing") if terms.method == Method.LUMP_SUM else _("Initial fee at signing")
        yield Fact("upfront_won", label, figures(terms.upfront_won))
    for place, each in enumerate(terms.instalments, start=1):
        given = {"won": figures(each.won), "months": months(each.months)}
        text = _("%(won)s, %(months)s after signing") % given
        yield Fact(f"instalments.{place}", _("Instalment %(place)d") % {"place": place}, text)
    for milestone in terms.milestones:
        label = _("Milestone: %(words)s") % {"words": milestone.words}
        yield Fact(f"milestones.{milestone.key}", label, _reached(milestone))
    if terms.swap_discount_won:
        yield from _swap(terms)
    if terms.running_bp:
        yield from _running(terms)
    if terms.equity_bp:
        yield Fact("equity_bp", _("Share of the company"), rate(terms.equity_bp))
    if terms.is_free:
        yield Fact("free", _("To be paid"), _("nothing"))


def _swap(terms: Terms) -> Iterator[Fact]:
    given = {"won": figures(terms.swap_discount_won)}
    made_up = _("%(won)s, made up by the doubled rate; not owed if nothing is sold") % given
    yield Fact("swap_discount_won", _("Taken off the initial fee"), made_up)
    given = {"start": months(terms.swap_start_months), "grace": months(terms.swap_grace_months)}
    begin = (
        _("within %(start)s of signing, %(grace)s later at the latest")
        if terms.swap_grace_months
        else _("within %(start)s of signing")
    )
    yield Fact("swap_start_months", _("Selling begins"), begin % given)


def _running(terms: Terms) -> Iterator[Fact]:
    given = {"rate": rate(terms.running_bp), "double": rate(2 * terms.running_bp)}
    running = (
        _("%(double)s of net sales until it is made up, then %(rate)s")
        if terms.method == Method.SWAP
        else _("%(rate)s of net sales")
    )
    yield Fact("running_bp", _("Running royalty"), running % given)
    if terms.minimum_won:
        least = _("%(won)s a year, from calendar year %(year)d after signing on")
        given_least = {"won": figures(terms.minimum_won), "year": terms.minimum_from_year}
        yield Fact("minimum_won", _("Minimum royalty"), least % given_least)
    if terms.cap_won:
        yield Fact("cap_won", _("Cap of the running royalty of all years"), figures(terms.cap_won))
    due = _("%(months)s after the end of each year") % {"months": months(terms.statement_due_months)}
    yield Fact("statement_due_months", _("Sales statement and royalty due"), due)


def _reached(milestone: Milestone) -> str:
    given = {"won": figures(milestone.won), "months": months(milestone.month)}
    if milestone.needs_sales:
        return _("%(won)s, expected %(months)s after signing, only if it is sold") % given
    return _("%(won)s, expected %(months)s after signing") % given


def months(number: int) -> str:
    """`12 months`, as it stands inside a sentence."""
    return ngettext("%(many)d month", "%(many)d months", number) % {"many": number}


def summary(terms: Terms) -> str:
    """One line: `KRW 10,000,000 at signing · 3 % of net sales`. Empty of details that stand in `facts`."""
    parts = []
    if terms.fixed_won:
        given = {"won": figures(terms.fixed_won)}
        parts.append((_("%(won)s in instalments") if terms.instalments else _("%(won)s at signing")) % given)
    if terms.milestones:
        given = {"won": figures(sum(each.won for each in terms.milestones))}
        parts.append(_("%(won)s at milestones") % given)
    if terms.running_bp:
        parts.append(_("%(rate)s of net sales") % {"rate": rate(terms.running_bp)})
    if terms.swap_discount_won:
        parts.append(_("doubled until %(won)s are made up") % {"won": figures(terms.swap_discount_won)})
    if terms.equity_bp:
        parts.append(_("%(rate)s of the company") % {"rate": rate(terms.equity_bp)})
    return " · ".join(parts) or str(Method(terms.method).label)


def differences(before: Terms, after: Terms) -> list[Difference]:
    """Where they differ, in the order of `facts`; what only one of them has stands beside “–”."""
    old, new = ({each.name: each for each in facts(terms)} for terms in (before, after))
    names = list(dict.fromkeys([*old, *new]))
    return [
        Difference((new.get(name) or old[name]).label, _text(old.get(name)), _text(new.get(name)))
        for name in names
        if _said(old.get(name)) != _said(new.get(name))
    ]


def _said(fact: Fact | None) -> tuple[str, str] | None:
    """Label and text: a milestone with other words is another one, though its key and won stay."""
    return (fact.label, fact.text) if fact else None


def _text(fact: Fact | None) -> str:
    return fact.text if fact else "–"


CASES = {
    Case.LOW: lambda: pgettext("sales forecast", "Low"),
    Case.BASE: lambda: pgettext("sales forecast", "Base"),
    Case.HIGH: lambda: pgettext("sales forecast", "High"),
    Case.NONE: lambda: _("No sales"),
}
KINDS = {
    Kind.UPFRONT: lambda: _("At signing"),
    Kind.INSTALMENT: lambda: _("Instalment"),
    Kind.MILESTONE: lambda: _("Milestone"),
    Kind.RUNNING: lambda: _("Running royalty"),
    Kind.MINIMUM: lambda: _("Minimum royalty"),
    Kind.RECOVERY: lambda: _("Making up the swap"),
}


def case_name(case: str) -> str:
    return CASES[Case(case)]()


def kind_name(kind: str) -> str:
    return KINDS[Kind(kind)]()


def payment_name(payment: Payment) -> str:
    """`Running royalty for 2028`, `Instalment`; the day stands beside it."""
    if payment.of_year is None:
        return kind_name(payment.kind)
    return _("%(kind)s for %(year)d") % {"kind": kind_name(payment.kind), "year": payment.of_year}
