import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from vouchers.models.recovery import RecoveryReceipt
from vouchers.models.vouchers import Deposit


class BankLine(models.Model):
    """A line of an office's bank statement that was entered: as an own share that came in, or as money paid back.

    Written by triggers beside `deposit` or `receipt` (`0015_a_bank_line_counts_once`), whoever writes those: the same
    day and reference of one office is the same money, on whichever voucher or recovery it is entered. `reference` is
    in upper case and NFKC, which may be longer than what was typed.
    """

    office = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    received_on = models.DateField()
    reference = models.CharField(max_length=240)
    deposit = models.OneToOneField(Deposit, null=True, blank=True, on_delete=models.PROTECT, related_name="bank_line")
    receipt = models.OneToOneField(
        RecoveryReceipt, null=True, blank=True, on_delete=models.PROTECT, related_name="bank_line"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "received_on", "reference"], name="bank_line_once"),
            models.CheckConstraint(
                name="bank_line_of_one",
                condition=Q(deposit__isnull=False, receipt__isnull=True)
                | Q(deposit__isnull=True, receipt__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.received_on} {self.reference}"
