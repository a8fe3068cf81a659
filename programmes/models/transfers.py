from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId
from programmes.enums.transfers import CHECKED, SETTLED, TRANSFER_STATES, USABLE, TransferState

REASON_LENGTH = 500
R, D = TransferState.RECORDED, TransferState.DECLARED


def place_of_contract(transfer: Any, name: str) -> str:
    """A name of ours: that of the sender tells nothing about where the file lies."""
    return f"programmes/transfers/{transfer.public_id}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Transfer(PublicId):
    """A technology that a firm took over: what a voucher is given for (facts §5.1).

    Apps above record those of contracts concluded here; `reference` is the number of the contract. Others the firm
    enters itself with the contract as a file, `reference` is a number of ours then, and an officer checks them.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="transfers_received")
    reference = models.CharField(_("Contract"), max_length=30)
    state = models.CharField(_("State"), max_length=10, choices=TransferState, default=TransferState.RECORDED)
    title = models.CharField(_("Technology"), max_length=300)
    holder_name = models.CharField(_("Holder"), max_length=200)
    signed_on = models.DateField(_("Signed on"))
    ended_on = models.DateField(_("Ended on"), null=True, blank=True)
    listing_number = models.CharField(max_length=11, blank=True)
    document = models.FileField(storage=private_storage, upload_to=place_of_contract, blank=True)
    document_name = models.CharField(_("File name"), max_length=200, blank=True)
    document_type = models.CharField(max_length=100, choices=DocumentType, blank=True)
    document_size = models.PositiveIntegerField(_("Size"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    declared_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(_("Entered"), null=True, blank=True)
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(_("Checked"), null=True, blank=True)
    check_text = models.CharField(_("What the check found"), max_length=REASON_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "reference"], name="transfer_once_per_contract"),
            models.CheckConstraint(name="transfer_state_known", condition=Q(state__in=TransferState.values)),
            models.CheckConstraint(
                name="transfer_document_type_known", condition=Q(document_type__in=["", *DocumentType.values])
            ),
            models.CheckConstraint(
                name="transfer_declared_with_its_contract",
                condition=Q(state=R, declared_by__isnull=True, declared_at__isnull=True, sha256="")
                | ~Q(state=R) & ~Q(sha256="") & Q(declared_by__isnull=False, declared_at__isnull=False),
            ),
            models.CheckConstraint(
                name="transfer_checked_says_by_whom",
                condition=Q(state__in=[R, D], checked_by__isnull=True, checked_at__isnull=True)
                | Q(state__in=CHECKED, checked_by__isnull=False, checked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="transfer_refused_says_why", condition=~Q(state=TransferState.REFUSED) | ~Q(check_text="")
            ),
        ]
        triggers = [pgtrigger.FSM(name="transfer_moves", field="state", transitions=TRANSFER_STATES.pairs())]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_declared(self) -> bool:
        """Whether the firm entered it itself, checked or not."""
        return self.state != TransferState.RECORDED

    @property
    def tone(self) -> str:
        """How pages colour its state."""
        return {R: "gray", D: "warning", TransferState.CONFIRMED: "success"}.get(TransferState(self.state), "danger")

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def is_usable(self) -> bool:
        return self.state in USABLE
