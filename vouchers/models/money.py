from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from programmes.models import Call
from vouchers.enums.money import Verb
from vouchers.querysets.money import BudgetLineQuerySet

SUMS = ("available_won", "reserved_won", "committed_won", "paid_won", "recovered_won")


class BudgetLine(PublicId, TimeStamped):
    """The money of a call: where each won of it is now.

    The ledger `entries` is the record; an entry moves the sums itself, by a trigger, and nothing else can
    (`migrations/0003_guards_of_money`). `vouchers.services.money.post` writes entries, under the lock of this row.
    """

    call = models.OneToOneField(Call, on_delete=models.PROTECT, related_name="budget_line")
    available_won = models.BigIntegerField(_("Available"), default=0)
    reserved_won = models.BigIntegerField(_("Reserved"), default=0)
    committed_won = models.BigIntegerField(_("Committed"), default=0)
    paid_won = models.BigIntegerField(pgettext_lazy("money", "Paid"), default=0)
    recovered_won = models.BigIntegerField(_("Recovered"), default=0)

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="budget_line_never_below_zero", condition=Q(**{f"{name}__gte": 0 for name in SUMS})
            )
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.available_won}"

    @property
    def allocated_won(self) -> int:
        return sum(getattr(self, name) for name in SUMS)


class LedgerEntry(PublicId):
    """One movement of money, written once, never changed; a mistake is put right by another entry.

    `subject` is the public id of what caused it (application, order, claim, recovery). The same `key` on a line is the
    same movement.
    """

    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="entries")
    voucher = models.ForeignKey(
        "vouchers.Voucher", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    verb = models.CharField(pgettext_lazy("office", "What"), max_length=10, choices=Verb)
    amount_won = models.BigIntegerField(_("Won"))
    subject = models.UUIDField()
    key = models.UUIDField()
    at = models.DateTimeField(pgettext_lazy("money", "When"))
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="ledger_verb_known", condition=Q(verb__in=Verb.values)),
            models.CheckConstraint(name="ledger_amount_above_zero", condition=Q(amount_won__gt=0)),
            models.UniqueConstraint(fields=["line", "key"], name="ledger_once_per_key"),
        ]
        indexes = [
            models.Index(fields=["line", "at"], name="ledger_of_line"),
            models.Index(fields=["voucher", "at"], name="ledger_of_voucher", condition=Q(voucher__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.amount_won}"
