"""Write down how royalty of a contract is shared: the money of the research, the institute's shares, who has a part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from deals.models import Contract
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.money import BASIS_POINTS
from marketplace.core.text import tidy
from royalties.enums.rules import PEOPLE_POTS, FirmSize, Pot, uses_of
from royalties.models import Participant, Payee, SharePlan
from royalties.queries.funding import ResearchMoney, money_behind
from royalties.services.income.checks import lock_contract, require_sharer
from royalties.sharing.distribution import check_shares

MOST_PEOPLE = 60
LONGEST_EMAIL = 254
NO_SHARES = dict.fromkeys(Pot.values, 0)


class Part(NamedTuple):
    """A person's share of a pot, in basis points."""

    pot: str
    name: str
    email: str
    share_bp: int
    staff_number: str = ""


@dataclass(frozen=True)
class Given:
    """What a plan says. An institute gives `shares_bp` per pot (those left out are 0), people, and whether the
    technology was donated to it; a company its R&D agreement.
    """

    shares_bp: Mapping[str, int] = field(default_factory=lambda: NO_SHARES)
    people: Sequence[Part] = ()
    government_won: int = 0
    total_won: int = 0
    agreed_on: date | None = None
    task_ended_on: date | None = None
    firm_size: str = ""
    contribution_bp: int = BASIS_POINTS
    is_donated: bool = False


def is_company(holder: Organization) -> bool:
    """Whether the holder pays the government, instead of sharing out to persons (Act art. 18(2))."""
    return holder.kind == OrganizationKind.COMPANY


@transaction.atomic
def write_plan(*, contract: Contract, given: Given, seen: int, by: User, at: datetime) -> SharePlan:
    """A new version of the contract's plan; earlier distributions keep theirs. `seen` is the version that was edited, 0
    for none. The money of the research is that of the projects behind the technology; typed only where none is known.

    Raises `NotAllowed`, `ChangedMeanwhile`, `DomainError` naming the field.
    """
    locked = lock_contract(contract.pk)
    require_sharer(by, locked.holder)
    last = locked.share_plans.order_by("-serial").first()
    if (last.serial if last else 0) != seen:
        raise ChangedMeanwhile(_("Somebody else wrote another version meanwhile. Reload the page and look at it."))
    known = money_behind(locked.listing)
    given = _with_known_money(given, known)
    _check_money(given)
    if is_company(locked.holder):
        _check_company(given)
        given = replace(given, shares_bp=NO_SHARES, people=(), is_donated=False)
    else:
        given = replace(given, shares_bp=_of_uses(given))
        check_shares(given.shares_bp, is_donated=given.is_donated)
        given = replace(given, firm_size="", agreed_on=None, task_ended_on=None)
    plan = SharePlan.objects.create(
        contract=locked,
        serial=seen + 1,
        government_won=given.government_won,
        total_won=given.total_won,
        projects=list(known.numbers) if known else [],
        agreed_on=given.agreed_on,
        task_ended_on=given.task_ended_on,
        firm_size=given.firm_size,
        contribution_bp=given.contribution_bp,
        written_at=at,
        written_by=by,
        is_donated=given.is_donated,
        **{f"{pot}_bp": given.shares_bp.get(pot, 0) for pot in Pot.values},
    )
    parts = [_tidied(part) for part in given.people]
    _check_people(parts, given.is_donated)
    payees = _payees(locked.holder, parts)
    Participant.objects.bulk_create(
        Participant(plan=plan, payee=payees[part.email], pot=part.pot, share_bp=part.share_bp) for part in parts
    )
    return plan


def _of_uses(given: Given) -> dict[str, int]:
    """With 0 for what was left out. A share of a use of the other kind stays, and is refused."""
    shares = dict.fromkeys((str(pot) for pot in uses_of(given.is_donated)), 0)
    return shares | {str(pot): bp for pot, bp in given.shares_bp.items() if bp or str(pot) in shares}


def _with_known_money(given: Given, known: ResearchMoney | None) -> Given:
    """Raises `DomainError` where other money was typed than that of the projects."""
    if known is None:
        return given
    typed, of_projects = (given.government_won, given.total_won), (known.government_won, known.total_won)
    if typed not in ((0, 0), of_projects):
        numbers = {"numbers": ", ".join(known.numbers)}
        raise DomainError(
            _("It is taken from R&D project %(numbers)s. Leave it out, or correct the project.") % numbers,
            field="government_won",
        )
    return replace(given, government_won=known.government_won, total_won=known.total_won)


def _check_money(given: Given) -> None:
    if not 0 <= given.government_won <= given.total_won:
        raise DomainError(_("The government's money is a part of all the money of the project."), field="total_won")
    if not 0 <= given.contribution_bp <= BASIS_POINTS:
        raise DomainError(_("The contribution of the technology lies between 0 and 100 %."), field="contribution_bp")


def _check_company(given: Given) -> None:
    """Either no national R&D, or all of its agreement."""
    if not given.government_won:
        return
    for name, value in (("agreed_on", given.agreed_on), ("task_ended_on", given.task_ended_on)):
        if value is None:
            raise DomainError(_("Needed where government money was in the research."), field=name)
    if given.firm_size not in FirmSize.values:
        raise DomainError(_("Needed where government money was in the research."), field="firm_size")


def _tidied(part: Part) -> Part:
    return part._replace(name=tidy(part.name), email=tidy(part.email).lower(), staff_number=tidy(part.staff_number))


def _check_people(parts: Sequence[Part], is_donated: bool) -> None:
    if len(parts) > MOST_PEOPLE:
        raise DomainError(_("At most %(most)d persons.") % {"most": MOST_PEOPLE}, field="people")
    for part in parts:
        if not part.name or len(part.name) > 80 or len(part.staff_number) > 40:
            raise DomainError(_("Give each person a name of at most 80 characters."), field="people")
        _check_email(part.email)
        if part.pot in PEOPLE_POTS and part.pot not in uses_of(is_donated):
            words = {"pot": Pot(part.pot).label, "name": part.name}
            raise DomainError(
                _("“%(pot)s” gets nothing by this plan: name %(name)s under another use.") % words, field="people"
            )
        if part.pot not in PEOPLE_POTS or part.share_bp < 1:
            raise DomainError(_("Give each person a share of more than 0."), field="people")
    for pot in PEOPLE_POTS:
        here = [part for part in parts if part.pot == pot]
        if len({part.email for part in here}) != len(here):
            raise DomainError(_("A person stands twice under “%(pot)s”.") % {"pot": pot.label}, field="people")
        if here and sum(part.share_bp for part in here) != BASIS_POINTS:
            sum_bp = sum(part.share_bp for part in here)
            words = {"pot": pot.label, "sum": f"{sum_bp // 100}.{sum_bp % 100:02d}"}
            raise DomainError(
                _("Under “%(pot)s” the shares make %(sum)s percent. They must make exactly 100 percent.") % words,
                field="people",
            )


def _check_email(email: str) -> None:
    try:
        validate_email(email)
        if len(email) > LONGEST_EMAIL:
            raise ValidationError(email)
    except ValidationError:
        raise DomainError(_("“%(email)s” is no e-mail address.") % {"email": email}, field="people") from None


def _payees(holder: Organization, parts: Sequence[Part]) -> dict[str, Payee]:
    """The persons by e-mail; a new name or staff number replaces the old one."""
    found: dict[str, Payee] = {}
    for part in parts:
        payee, _is_new = Payee.objects.get_or_create(
            holder=holder, email=part.email, defaults={"name": part.name, "staff_number": part.staff_number}
        )
        if (payee.name, payee.staff_number) != (part.name, part.staff_number):
            payee.name, payee.staff_number = part.name, part.staff_number
            payee.save(update_fields=["name", "staff_number"])
        found[part.email] = payee
    return found
