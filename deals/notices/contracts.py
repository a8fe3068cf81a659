"""What people are told of contracts. A message says which contract; what it says stands on its page only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from deals.enums.negotiation import OTHER_SIDE, Side
from deals.models import Contract, ContractVersion, Ending, Negotiation
from deals.queries.seats import brokers_on
from notifications import registry
from notifications.outbox import notify

CONTRACT, NEGOTIATION = "deals.contract", "deals.negotiation"


def contracts_visible_to(user: User) -> QuerySet[Contract]:
    return Contract.objects.visible_to(user)


def negotiations_visible_to(user: User) -> QuerySet[Negotiation]:
    return Negotiation.objects.visible_to(user)


def with_the_day_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets = contracts_visible_to) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=with_the_day_as_people_write_it)


_register(
    "contract_drafted",
    _("Contract %(number)s waits for your approval"),
    _("Read the document about technology %(listing)s, then approve or refuse it."),
)
_register(
    "contract_approved_by_one",
    _("The other side approved contract %(number)s"),
    _("It waits for your approval now."),
)
_register(
    "contract_approved",
    _("Both sides approved contract %(number)s"),
    _("What comes next stands on its page."),
)
_register(
    "contract_refused",
    _("The document of contract %(number)s was refused"),
    _("The reason stands on its page. Another document can be written there."),
)
_register(
    "contract_signed",
    _("Contract %(number)s is signed"),
    _("It holds for technology %(listing)s. The signed copy is on its page."),
)
_register(
    "contract_cancelled",
    _("Contract %(number)s is not concluded"),
    _("The reason stands on its page. What was agreed stays until the negotiation is taken up again or closed."),
)
_register(
    "contract_amendment",
    _("An amendment of contract %(number)s waits for your approval"),
    _("Read what would be different from %(day)s on, then approve or refuse it."),
)
_register(
    "contract_amended",
    _("Contract %(number)s was amended"),
    _("Another version holds from %(day)s on. The differences are on its page."),
)
_register(
    "contract_end_proposed",
    _("The other side wants to end contract %(number)s"),
    _("Answer by %(day)s, the last day it names."),
)
_register(
    "contract_breach_declared",
    _("The other side says that contract %(number)s was broken"),
    _("Mend it by %(day)s, or the contract ends. What is meant stands on its page."),
)
_register(
    "contract_end_declined",
    _("The end of contract %(number)s was declined"),
    _("The reason stands on its page."),
)
_register(
    "contract_end_taken_back",
    _("The proposal to end contract %(number)s was taken back"),
    _("Nothing has to be answered any more."),
)
_register(
    "contract_end_lapsed",
    _("The proposal to end contract %(number)s was not answered"),
    _("The day it named, %(day)s, has passed. Another one can be proposed."),
)
_register(
    "contract_end_settled",
    _("Contract %(number)s ends"),
    _("Its last day is %(day)s. The reason stands on its page."),
)
_register(
    "contract_ended",
    _("Contract %(number)s is over"),
    _("Its last day was %(day)s."),
)
_register(
    "contract_ending_soon",
    _("The term of contract %(number)s ends on %(day)s"),
    _("To go on, amend its term from its page."),
)
_register(
    "negotiation_other_contract",
    _("Technology %(listing)s was licensed to somebody else, too"),
    _("The licence leaves room for others: negotiation %(number)s goes on."),
    negotiations_visible_to,
)
_register(
    "negotiation_other_taker",
    _("Technology %(listing)s is not to be had any more"),
    _("Somebody else has taken it by a contract that leaves nothing for others. Negotiation %(number)s is closed."),
    negotiations_visible_to,
)


def drafted(version: ContractVersion, at: datetime) -> None:
    _tell("contract_drafted", version.contract, _managers(version.contract), at, key=_of(version))


def amendment_proposed(version: ContractVersion, at: datetime) -> None:
    told, day = _managers(version.contract), version.holds_from
    _tell("contract_amendment", version.contract, told, at, key=_of(version), day=day)


def approved_by_one(version: ContractVersion, side: Side, at: datetime) -> None:
    others = _managers_of(version.contract, OTHER_SIDE[side])
    _tell("contract_approved_by_one", version.contract, others, at, key=_of(version))


def approved(version: ContractVersion, at: datetime) -> None:
    _tell("contract_approved", version.contract, _everybody(version.contract, at), at, key=_of(version))


def refused(version: ContractVersion, at: datetime) -> None:
    _tell("contract_refused", version.contract, _everybody(version.contract, at), at, key=_of(version))


def signed(contract: Contract, at: datetime) -> None:
    _tell("contract_signed", contract, _everybody(contract, at), at)


def cancelled(contract: Contract, at: datetime) -> None:
    _tell("contract_cancelled", contract, _everybody(contract, at), at)


def amended(version: ContractVersion, at: datetime) -> None:
    told, day = _everybody(version.contract, at), version.holds_from
    _tell("contract_amended", version.contract, told, at, key=_of(version), day=day)


def end_proposed(ending: Ending, at: datetime) -> None:
    _tell_of_end("contract_end_proposed", ending, _managers_of(ending.contract, OTHER_SIDE[Side(ending.side)]), at)


def breach_declared(ending: Ending, at: datetime) -> None:
    users = _managers_of(ending.contract, OTHER_SIDE[Side(ending.side)])
    key = str(ending.public_id)
    _tell("contract_breach_declared", ending.contract, users, at, key=key, day=ending.mend_by)


def end_declined(ending: Ending, at: datetime) -> None:
    _tell_of_end("contract_end_declined", ending, _managers_of(ending.contract, Side(ending.side)), at)


def end_taken_back(ending: Ending, at: datetime) -> None:
    _tell_of_end("contract_end_taken_back", ending, _managers_of(ending.contract, OTHER_SIDE[Side(ending.side)]), at)


def end_lapsed(ending: Ending, at: datetime) -> None:
    _tell_of_end("contract_end_lapsed", ending, _managers(ending.contract), at)


def end_settled(ending: Ending, at: datetime) -> None:
    _tell_of_end("contract_end_settled", ending, _everybody(ending.contract, at), at)


def ended(contract: Contract, at: datetime) -> None:
    _tell("contract_ended", contract, _everybody(contract, at), at, day=contract.ended_on)


def ending_soon(contract: Contract, days: int, at: datetime) -> None:
    key = f"{contract.public_id}:{contract.ends_on}:{days}"
    _tell("contract_ending_soon", contract, _managers(contract), at, key=key, day=contract.ends_on)


def licensed_to_another(negotiation: Negotiation, contract: Contract, at: datetime) -> None:
    _tell_others("negotiation_other_contract", negotiation, contract, at)


def closed_for_another(negotiation: Negotiation, contract: Contract, at: datetime) -> None:
    _tell_others("negotiation_other_taker", negotiation, contract, at)


def _of(version: ContractVersion) -> str:
    return f"{version.contract.public_id}:{version.serial}"


def _managers_of(contract: Contract, side: Side) -> QuerySet[User]:
    organization = contract.holder if side == Side.HOLDER else contract.firm
    return users_with_permission(organization, Permission.AGREE_TERMS)


def _managers(contract: Contract) -> list[User]:
    return [*_managers_of(contract, Side.HOLDER), *_managers_of(contract, Side.FIRM)]


def _everybody(contract: Contract, at: datetime) -> list[User]:
    """Who binds a side, and who negotiates for a side or its broker."""
    return [*_managers(contract), *_negotiators(contract.negotiation, at)]


def _negotiators(negotiation: Negotiation, at: datetime) -> list[User]:
    parts = brokers_on(negotiation, timezone.localdate(at))
    organizations = [negotiation.holder, negotiation.firm, *(part.organization for part in parts)]
    return [user for each in organizations for user in users_with_permission(each, Permission.NEGOTIATE)]


def _tell_of_end(kind: str, ending: Ending, users: Iterable[User], at: datetime) -> None:
    _tell(kind, ending.contract, users, at, key=str(ending.public_id), day=ending.last_day)


def _tell(
    kind: str, contract: Contract, users: Iterable[User], at: datetime, *, key: str = "", day: date | None = None
) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{key or contract.public_id}",
        params=_params(contract.number, contract, day or timezone.localdate(at)),
        url=reverse("deals:contract", args=[contract.public_id]),
        target=(CONTRACT, contract.public_id),
        at=at,
    )


def _tell_others(kind: str, negotiation: Negotiation, contract: Contract, at: datetime) -> None:
    """Nothing of the contract itself: not even its number."""
    notify(
        users=_negotiators(negotiation, at),
        kind=kind,
        dedupe_key=f"{kind}:{negotiation.public_id}:{contract.public_id}",
        params=_params(negotiation.number, contract, timezone.localdate(at)),
        url=reverse("deals:negotiation", args=[negotiation.public_id]),
        target=(NEGOTIATION, negotiation.public_id),
        at=at,
    )


def _params(number: str, contract: Contract, day: date) -> dict[str, str]:
    return {"number": number, "listing": contract.listing.number or "", "day": day.isoformat()}
