from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.roles import Permission, organizations_with
from royalties.enums.income import InvoiceState, ReceiptState

if TYPE_CHECKING:
    from royalties.models import (  # noqa: F401
        Allocation,
        BankFile,
        Distribution,
        FeeShare,
        Invoice,
        Payee,
        PersonShare,
        Receipt,
    )


def keepers(user: User | AnonymousUser) -> list[int]:
    """The holders whose royalties the user keeps."""
    return [organization.pk for organization in organizations_with(user, Permission.KEEP_ROYALTIES)]


def payers(user: User | AnonymousUser) -> list[int]:
    """The firms for which the user sees what is to be paid."""
    return [organization.pk for organization in organizations_with(user, Permission.REPORT_SALES)]


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: User | AnonymousUser) -> InvoiceQuerySet:
        """To those who keep the holder's royalties and to those who pay for the firm; no broker, no officer."""
        return self.filter(Q(contract__holder__in=keepers(user)) | Q(contract__firm__in=payers(user)))

    def open(self) -> InvoiceQuerySet:
        return self.filter(state=InvoiceState.ISSUED)

    def for_list(self) -> InvoiceQuerySet:
        return self.select_related("contract__holder", "contract__firm", "contract__listing", "due").order_by(
            "-issued_at", "-pk"
        )


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def visible_to(self, user: User | AnonymousUser) -> ReceiptQuerySet:
        """To those who keep the holder's royalties: what else comes to its account is nobody's business."""
        return self.filter(holder__in=keepers(user))

    def open(self) -> ReceiptQuerySet:
        return self.filter(state=ReceiptState.OPEN)

    def for_list(self) -> ReceiptQuerySet:
        return self.select_related("holder", "suggested").order_by("-booked_on", "-pk")


class BankFileQuerySet(models.QuerySet["BankFile"]):
    def visible_to(self, user: User | AnonymousUser) -> BankFileQuerySet:
        return self.filter(holder__in=keepers(user))


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def visible_to(self, user: User | AnonymousUser) -> AllocationQuerySet:
        """As the invoice is: the firm sees what its payments were put to."""
        return self.filter(Q(invoice__contract__holder__in=keepers(user)) | Q(invoice__contract__firm__in=payers(user)))

    def kept_by(self, user: User | AnonymousUser) -> AllocationQuerySet:
        return self.filter(invoice__contract__holder__in=keepers(user))

    def standing(self) -> AllocationQuerySet:
        return self.filter(undone_at__isnull=True)

    def to_share(self) -> AllocationQuerySet:
        """Royalty that came in and is not shared out yet."""
        distributions = apps.get_model("royalties", "Distribution").objects
        shared = distributions.filter(allocation=OuterRef("pk"), undone_at__isnull=True)
        return self.standing().filter(~Exists(shared), net_won__gt=0)

    def for_list(self) -> AllocationQuerySet:
        return self.select_related(
            "receipt", "invoice__contract__holder", "invoice__contract__firm", "invoice__contract__listing"
        ).order_by("-assigned_at", "-pk")


class DistributionQuerySet(models.QuerySet["Distribution"]):
    def visible_to(self, user: User | AnonymousUser) -> DistributionQuerySet:
        """To those who keep the holder's royalties."""
        return self.filter(contract__holder__in=keepers(user))

    def standing(self) -> DistributionQuerySet:
        return self.filter(undone_at__isnull=True)

    def for_list(self) -> DistributionQuerySet:
        return self.select_related("contract__holder", "contract__firm", "contract__listing").order_by(
            "-shared_at", "-pk"
        )


class PayeeQuerySet(models.QuerySet["Payee"]):
    def visible_to(self, user: User | AnonymousUser) -> PayeeQuerySet:
        """To those who keep the holder's royalties, and each person oneself, known by the confirmed e-mail."""
        return self.filter(Q(holder__in=keepers(user)) | Q(email=own_email(user)))


class PersonShareQuerySet(models.QuerySet["PersonShare"]):
    def visible_to(self, user: User | AnonymousUser) -> PersonShareQuerySet:
        return self.filter(Q(payee__holder__in=keepers(user)) | Q(payee__email=own_email(user)))

    def of_oneself(self, user: User | AnonymousUser) -> PersonShareQuerySet:
        return self.filter(payee__email=own_email(user))

    def for_list(self) -> PersonShareQuerySet:
        return self.select_related(
            "payee__holder", "distribution__contract__listing", "distribution__allocation__receipt"
        ).order_by("-distribution__shared_at", "-pk")


class FeeShareQuerySet(models.QuerySet["FeeShare"]):
    def visible_to(self, user: User | AnonymousUser) -> FeeShareQuerySet:
        """To each side what it owes, as a fee is the matter of who accepted it; to a broker its own."""
        brokers = [o.pk for o in organizations_with(user, Permission.QUOTE_FEES)]
        return self.filter(
            Q(payer="holder", distribution__contract__holder__in=keepers(user))
            | Q(broker__in=brokers)
            | Q(payer="firm", distribution__contract__firm__in=payers(user))
        )

    def for_list(self) -> FeeShareQuerySet:
        return self.select_related(
            "broker",
            "distribution__contract__listing",
            "distribution__contract__holder",
            "distribution__contract__firm",
        ).order_by("-distribution__shared_at", "-pk")


def own_email(user: User | AnonymousUser) -> Any:
    """The address with which the user signs in, which had to be confirmed; one that nobody has for anonymous."""
    return user.email if user.is_authenticated and user.is_active else "-"
