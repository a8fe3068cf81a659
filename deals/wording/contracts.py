"""What a version of a contract says, as facts for pages and the API; and what is different between two of them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from brokers.wording.fees import Difference, Fact
from deals.clauses import Clauses
from deals.enums.contracts import Improvements, Sublicence
from deals.models import ContractVersion
from deals.terms import Terms
from deals.wording.terms import differences as terms_differences
from deals.wording.terms import facts as terms_facts

__all__ = ["clause_facts", "differences", "payment_facts"]


def payment_facts(version: ContractVersion) -> list[Fact]:
    return terms_facts(Terms.from_json(version.terms))


def clause_facts(clauses: Clauses) -> list[Fact]:
    """Everything but the payment, in the order of the form."""
    years, days = clauses.confidential_years, clauses.cure_days
    found = [
        Fact("territory", _("Territory"), clauses.territory),
        Fact("field_of_use", _("Field of use"), clauses.field_of_use),
        Fact("term_months", pgettext("contract", "Term"), _term(clauses.term_months)),
        Fact("sublicence", _("Sublicences"), str(Sublicence(clauses.sublicence).label)),
        Fact("improvements", _("Improvements by the firm"), str(Improvements(clauses.improvements).label)),
        Fact("confidential_years", _("Secrecy after the end"), ngettext("%d year", "%d years", years) % years),
        Fact("cure_days", _("To mend a breach"), ngettext("%d day", "%d days", days) % days),
        Fact("court", _("Court"), clauses.court or _("at the defendant’s seat")),
    ]
    return found + ([Fact("special", _("Special terms"), clauses.special)] if clauses.special else [])


def _term(months: int) -> str:
    return ngettext("%d month", "%d months", months) % months if months else _("as long as the rights last")


def differences(before: ContractVersion, after: ContractVersion) -> list[Difference]:
    """Where payment or clauses differ."""
    found = terms_differences(Terms.from_json(before.terms), Terms.from_json(after.terms))
    if not before.clauses or not after.clauses:
        return found
    old, new = ({fact.name: fact for fact in clause_facts(Clauses.from_json(each.clauses))} for each in (before, after))
    for name in dict.fromkeys([*old, *new]):
        texts = [each[name].text if name in each else "–" for each in (old, new)]
        if texts[0] != texts[1]:
            found.append(Difference((new.get(name) or old[name]).label, *texts))
    return found
