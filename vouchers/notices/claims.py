"""What firm and provider are told of claims. What goes on inside the office nobody outside is mailed about (F42)."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from vouchers.models import Claim, ClaimStep
from vouchers.notices.people import register, tell

CLAIM = "vouchers.claim"


def claims_visible_to(user: User) -> QuerySet[Claim]:
    return Claim.objects.visible_to(user)


register(
    "voucher_claim_submitted",
    _("Work for your order was delivered (%(number)s)"),
    _("Look at it, and accept it or say what is wrong by %(day)s. Without an answer it counts as accepted."),
    claims_visible_to,
)
register(
    "voucher_claim_accepted",
    _("The firm accepted your claim %(number)s"),
    _("The office checks it now."),
    claims_visible_to,
)
register(
    "voucher_claim_accepted_for_firm",
    _("The office accepted claim %(number)s in the firm's place"),
    _("The firm had objected. The reason stands on its page, and other officers check it now."),
    claims_visible_to,
)
register(
    "voucher_claim_objected",
    _("The firm objects to your claim %(number)s"),
    _("Its reason stands on the page. Mend it and hand it in again."),
    claims_visible_to,
)
register(
    "voucher_claim_returned",
    _("Your claim %(number)s has to be corrected"),
    _("What the office wants stands on its page. Mend it and hand it in again."),
    claims_visible_to,
)
register(
    "voucher_claim_disallowed",
    _("Claim %(number)s is not paid"),
    _("The office did not allow it. The reason stands on its page."),
    claims_visible_to,
)
register(
    "voucher_claim_withdrawn",
    _("Claim %(number)s was taken back"),
    _("The provider took it back: you need not accept it any more. The reason stands on its page."),
    claims_visible_to,
)
register(
    "voucher_claim_paid",
    _("Claim %(number)s was paid"),
    _("Its page and the provider's statement show it."),
    claims_visible_to,
)
register(
    "voucher_claim_sent_back",
    _("The payment for claim %(number)s did not arrive"),
    _("Check the account in your organization's details. The office pays again."),
    claims_visible_to,
)


def submitted(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_firm("voucher_claim_submitted", claim, made.public_id, at)


def accepted(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_accepted", claim, made.public_id, at)


def accepted_for_firm(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_accepted_for_firm", claim, made.public_id, at)
    _to_firm("voucher_claim_accepted_for_firm", claim, made.public_id, at)


def objected(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_objected", claim, made.public_id, at)


def returned(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_returned", claim, made.public_id, at)


def disallowed(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_disallowed", claim, made.public_id, at)
    _to_firm("voucher_claim_disallowed", claim, made.public_id, at)


def withdrawn(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_firm("voucher_claim_withdrawn", claim, made.public_id, at)


def paid(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_paid", claim, made.public_id, at)
    _to_firm("voucher_claim_paid", claim, made.public_id, at)


def sent_back(claim: Claim, made: ClaimStep, at: datetime) -> None:
    _to_provider("voucher_claim_sent_back", claim, made.public_id, at)


def _to_firm(kind: str, claim: Claim, cause: UUID, at: datetime) -> None:
    _tell(kind, claim, f"{cause}:firm", at, firm=True)


def _to_provider(kind: str, claim: Claim, cause: UUID, at: datetime) -> None:
    _tell(kind, claim, f"{cause}:provider", at, firm=False)


def _tell(kind: str, claim: Claim, cause: str, at: datetime, *, firm: bool) -> None:
    order = claim.order
    params = {"number": claim.number}
    if claim.answer_due_on is not None:
        params["day"] = claim.answer_due_on.isoformat()
    tell(
        order.voucher.holder if firm else order.provider,
        Permission.USE_VOUCHERS if firm else Permission.PROVIDE_SERVICES,
        kind,
        cause=cause,
        params=params,
        url=reverse("vouchers:claim", args=[claim.public_id]),
        target=(CLAIM, claim.public_id),
        at=at,
    )
