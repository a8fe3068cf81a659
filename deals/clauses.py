"""What a contract says besides the payment, as data: to and from JSON, and what is wrong with it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from deals.enums.contracts import Improvements, Sublicence
from marketplace.core.days import add_months
from marketplace.core.errors import DomainError
from marketplace.core.text import tidy

VERSION = 1
MOST_MONTHS, MOST_YEARS, MOST_DAYS = 600, 30, 180
TERRITORY, FIELD, COURT, SPECIAL = 200, 300, 100, 4_000


@dataclass(frozen=True)
class Clauses:
    """`term_months` from the first day on, 0 for as long as the rights last. `cure_days` has who breaks the contract to
    mend it. Secrets are kept for `confidential_years` after the end.
    """

    territory: str
    field_of_use: str
    term_months: int = 0
    sublicence: str = Sublicence.CONSENT
    improvements: str = Improvements.NOTIFIED
    confidential_years: int = 5
    cure_days: int = 30
    court: str = ""
    special: str = ""

    def to_json(self) -> dict[str, Any]:
        """Every field, so that what is stored does not change its meaning with a default of ours."""
        return {"version": VERSION} | {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Any) -> "Clauses":
        """Raises `DomainError` naming the field where `data` is not what `to_json` gives. Faults: see `check`."""
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            raise DomainError(_("These clauses are of a version that is not known here."), field="version")
        given: dict[str, Any] = {name: value for name, value in data.items() if name != "version"}
        kinds = {each.name: each.type for each in fields(cls)}
        for name, value in given.items():
            if name not in kinds:
                raise DomainError(_("“%(name)s” is not known here.") % {"name": name}, field=str(name))
            if not isinstance(value, kinds[name]) or isinstance(value, bool):  # type: ignore[arg-type]
                raise DomainError(_("This is of another kind than expected."), field=name)
        if missing := sorted(kinds.keys() - given.keys()):
            raise DomainError(_("This is missing."), field=missing[0])
        return cls(**given)

    def tidied(self) -> "Clauses":
        """As it is stored: no spaces at the ends, one kind of line break."""
        given: dict[str, Any] = asdict(self)
        tidied: dict[str, Any] = {n: tidy(value) if isinstance(value, str) else value for n, value in given.items()}
        return Clauses(**tidied)

    def last_day(self, first: date) -> date | None:
        """The last day of a term that begins on `first`, which belongs to it; None where no term is agreed."""
        return add_months(first, self.term_months) - timedelta(days=1) if self.term_months else None


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def check(clauses: Clauses) -> Iterator[tuple[str, str]]:
    """(field, what to do) for everything that cannot be agreed so."""
    texts = {"territory": TERRITORY, "field_of_use": FIELD, "court": COURT, "special": SPECIAL}
    for name, most in texts.items():
        if len(getattr(clauses, name)) > most:
            yield name, _("At most %(most)d characters.") % {"most": most}
    if not clauses.territory:
        yield "territory", _("Say where the technology may be used.")
    if not clauses.field_of_use:
        yield "field_of_use", _("Say what the technology may be used for.")
    bounds = {"term_months": MOST_MONTHS, "confidential_years": MOST_YEARS, "cure_days": MOST_DAYS}
    for name, largest in bounds.items():
        if not 0 <= getattr(clauses, name) <= largest:
            yield name, _("Give a whole number from 0 to %(most)d.") % {"most": largest}
    if clauses.sublicence not in Sublicence.values:
        yield "sublicence", _("Choose one from the list.")
    if clauses.improvements not in Improvements.values:
        yield "improvements", _("Choose one from the list.")


def refuse_faults(clauses: Clauses) -> None:
    """Raise `DomainError` naming the first field that cannot be agreed so."""
    for field, text in check(clauses):
        raise DomainError(text, field=field)
