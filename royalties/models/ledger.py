from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.models import PublicId
from royalties.enums.income import Account, PostingKind
from royalties.models.invoices import SHORT_TEXT, Allocation, Receipt
from royalties.models.sharing import Distribution, Payee


class Posting(PublicId):
    """One movement of a holder's royalty money. Its entries add up to 0. Append-only, by a trigger that passes nobody
    (`migrations/0005_guards_of_income`): what was wrong is reversed by another posting, once.
    """

    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="royalty_postings")
    kind = models.CharField(max_length=10, choices=PostingKind)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="postings")
    allocation = models.ForeignKey(Allocation, null=True, blank=True, on_delete=models.PROTECT, related_name="postings")
    distribution = models.ForeignKey(
        Distribution, null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    reason = models.CharField(_("Why"), max_length=SHORT_TEXT, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="posting_kind_known", condition=Q(kind__in=PostingKind.values)),
            models.CheckConstraint(
                name="posting_reversal_says_why", condition=Q(reverses__isnull=True) | ~Q(reason="")
            ),
            models.CheckConstraint(name="posting_not_its_own_reversal", condition=~Q(reverses=F("id"))),
        ]
        indexes = [models.Index(fields=["holder", "-id"], name="postings_of_holder")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class LedgerEntry(models.Model):
    """What a posting puts into an account, or takes out of it. `payee` and `broker` say whose part of the account."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=15, choices=Account)
    amount_won = models.BigIntegerField()
    payee = models.ForeignKey(Payee, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    broker = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="royalty_entries"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="entry_account_known", condition=Q(account__in=Account.values)),
            models.CheckConstraint(name="entry_moves_something", condition=~Q(amount_won=0)),
        ]
        indexes = [models.Index(fields=["account", "posting"], name="entries_of_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_won}"
