"""Negotiations of the demo, `negotiations.json`: days are counted back from the loading. They grow out of requests and
needs of the demo, and brokers come in under its mandates; what is not there any more is left out.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from brokers.demo.days import afternoon
from brokers.models import Mandate
from deals.enums.negotiation import EntryKind
from deals.models import Negotiation, Offer, TransferRequest
from deals.services.negotiation.brokers import bring_in
from deals.services.negotiation.close import close
from deals.services.negotiation.open import open_from_answer, open_from_request
from deals.services.negotiation.say import meet, reply, say
from deals.services.offers.accept import accept
from deals.services.offers.answer import decline
from deals.services.offers.make import OfferContent, OptionContent, make_offer
from deals.terms import Instalment, Terms
from marketplace.core.errors import DomainError, NotAllowed
from matching.models import NeedAnswer
from tech_listings.demo import public_id_of

Row = Mapping[str, Any]


@cache
def negotiation_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "negotiations.json").read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: -row["days_ago"])


def load_negotiations(*, at: datetime) -> int:
    """Begin and go on with what is not there yet. Returns how many are new."""
    emails = {act["by"] for row in negotiation_rows() for act in (row, *row["then"])}
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    return sum(_load(row, people, at) for row in negotiation_rows())


@transaction.atomic
def _load(row: Row, people: Mapping[str, User], at: datetime) -> bool:
    negotiation = _begun(row, people[row["by"]], at)
    if negotiation is None:
        return False
    for act in row["then"]:
        ACTS[act["do"]](negotiation, act, people[act["by"]], afternoon(at, act["days_ago"]))
    return True


def _begun(row: Row, by: User, at: datetime) -> Negotiation | None:
    """None where it is there already, or cannot begin because somebody tried things out between two loads."""
    given = {"text": row["text"], "by": by, "at": afternoon(at, row["days_ago"])}
    try:
        with transaction.atomic():
            if "request" in row:
                key = public_id_of(f"request/{row['request']}")
                request = TransferRequest.objects.for_page().filter(idempotency_key=key, negotiation=None).first()
                return open_from_request(request=request, **given).negotiation if request else None
            need, technology = public_id_of(f"need/{row['need']}"), public_id_of(row["technology"])
            answers = NeedAnswer.objects.filter(need__idempotency_key=need, listing__public_id=technology)
            answer = answers.select_related("need__organization").first()
            if answer is None or Negotiation.objects.filter(need=answer.need, listing=answer.listing_id).exists():
                return None
            return open_from_answer(answer=answer, deal_kind=row["deal_kind"], **given).negotiation
    except DomainError:
        return None


def _say(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    kind = EntryKind.QUESTION if act["do"] == "question" else EntryKind.MESSAGE
    with suppress(NotAllowed):  # a broker whose mandate is not there
        say(negotiation=negotiation, kind=kind, text=act["text"], by=by, at=at)


def _reply(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    question = negotiation.entries.filter(kind=EntryKind.QUESTION).latest("serial")
    reply(question=question, text=act["text"], by=by, at=at)


def _meet(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    day = timezone.localdate(at) + timedelta(days=act["days_ago"] + act["in_days"])
    meets_at = datetime.combine(day, time(14), timezone.get_default_timezone())
    meet(negotiation=negotiation, meets_at=meets_at, place=act["place"], text=act["text"], by=by, at=at)


def _offer(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    waiting = negotiation.offers.waiting().first()
    names = ("term_months", "territory", "field_of_use", "text")
    content = OfferContent(
        deal_kind=negotiation.deal_kind,
        options=[OptionContent(_terms(each["terms"]), each["title"]) for each in act["options"]],
        valid_until=timezone.localdate(at) + timedelta(days=act["valid_days"]),
        no_running_reason=act.get("no_running_reason", ""),
        **{name: act[name] for name in names},
    )
    make_offer(negotiation=negotiation, content=content, counter_to=waiting, by=by, at=at)


def _terms(given: Row) -> Terms:
    instalments = tuple(Instalment(**each) for each in given.get("instalments", ()))
    return Terms(**{**given, "instalments": instalments})


def _accept(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    offer = _waiting(negotiation)
    accept(offer=offer, option=offer.options.get(position=act["option"]), text=act["text"], by=by, at=at)


def _decline(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    decline(offer=_waiting(negotiation), text=act["text"], by=by, at=at)


def _close(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    close(negotiation=negotiation, outcome=act["outcome"], text=act["text"], by=by, at=at)


def _bring_in(negotiation: Negotiation, act: Row, by: User, at: datetime) -> None:
    """Without the mandate nobody comes, and what the broker would have said is not said."""
    key = public_id_of(f"mandate/{act['mandate']}")
    mandate = Mandate.objects.select_related("broker").filter(idempotency_key=key).first()
    if mandate is not None:
        bring_in(negotiation=negotiation, mandate=mandate, broker=mandate.broker, by=by, at=at)


def _waiting(negotiation: Negotiation) -> Offer:
    return negotiation.offers.waiting().get()


ACTS: dict[str, Callable[[Negotiation, Row, User, datetime], None]] = {
    "say": _say, "question": _say, "reply": _reply, "meet": _meet, "offer": _offer, "counter": _offer,
    "accept": _accept, "decline": _decline, "close": _close, "bring_in": _bring_in,
}  # fmt: skip
