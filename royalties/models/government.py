import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from marketplace.core.models import PublicId
from marketplace.core.money import BASIS_POINTS
from royalties.enums.rules import FirmSize
from royalties.models.invoices import SHORT_TEXT
from royalties.models.rules import GovernmentRule
from royalties.querysets.government import OfHolderQuerySet
from royalties.sharing.government import Task
from tech_listings.models import Listing

UNDO = ["undone_at", "undone_by", "undo_reason"]
UNDONE_SAYS_WHY = (Q(undone_at__isnull=False, undone_by__isnull=False) & ~Q(undo_reason="")) | Q(
    undone_at__isnull=True, undone_by__isnull=True, undo_reason=""
)


def kept_but_undone() -> list[pgtrigger.Trigger]:
    """Written once; may be taken back once, and stays so."""
    return [
        pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        pgtrigger.Protect(
            name="undone_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__undone_at__isnull=False)
        ),
        pgtrigger.ReadOnly(name="written_once", exclude=UNDO),
    ]


class DirectUse(PublicId):
    """What a company sold with a result of national R&D of its own, and what it owes the government of it (facts §4.3).

    Days are in one calendar year, both included; `sales_won` without VAT. `research_won` is the government's money of
    the R&D task, whose agreement says the rest. `owed` is `sharing.government.Owed` as it was computed.
    """

    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="direct_uses")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="direct_uses")
    sold_from = models.DateField(_("Sold from"))
    sold_until = models.DateField(_("Sold until"))
    sales_won = models.PositiveBigIntegerField(_("Sales with the technology, without VAT"))
    research_won = models.PositiveBigIntegerField(_("Government money of the research"))
    projects = models.JSONField(_("R&D projects"), default=list)
    agreed_on = models.DateField(_("R&D agreement of"))
    task_ended_on = models.DateField(_("End of the R&D task"))
    firm_size = models.CharField(_("Size of the company"), max_length=10, choices=FirmSize)
    contribution_bp = models.PositiveIntegerField(_("Contribution of the technology"), default=BASIS_POINTS)
    rule = models.ForeignKey(GovernmentRule, on_delete=models.PROTECT, related_name="direct_uses")
    owed = models.JSONField(default=dict)
    owed_won = models.PositiveBigIntegerField(_("Owed to the government"))
    pay_by = models.DateField(_("Pay the government by"), null=True, blank=True)
    recorded_at = models.DateTimeField(pgettext_lazy("use", "Recorded"))
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undo_reason = models.CharField(_("Why it was undone"), max_length=SHORT_TEXT, blank=True)

    objects = OfHolderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="direct_use_size_known", condition=Q(firm_size__in=FirmSize.values)),
            models.CheckConstraint(name="direct_use_days", condition=Q(sold_until__gte=F("sold_from"))),
            models.CheckConstraint(name="direct_use_one_year", condition=Q(sold_until__year=F("sold_from__year"))),
            models.CheckConstraint(name="direct_use_contribution", condition=Q(contribution_bp__lte=BASIS_POINTS)),
            models.CheckConstraint(name="direct_use_owed_has_a_day", condition=Q(owed_won=0) | Q(pay_by__isnull=False)),
            models.CheckConstraint(name="direct_use_undone_says_why", condition=UNDONE_SAYS_WHY),
            models.UniqueConstraint(
                fields=["holder", "listing", "sold_from"], name="direct_use_once", condition=Q(undone_at__isnull=True)
            ),
        ]
        triggers = kept_but_undone()

    def __str__(self) -> str:
        return f"{self.listing_id} {self.sold_from}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None

    @property
    def task(self) -> Task:
        return Task(self.firm_size, self.research_won, self.task_ended_on, self.contribution_bp)


class GovernmentPayment(PublicId):
    """Royalty that a company paid the government for a result. `reference` is that of the transfer or the notice."""

    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="government_payments")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="government_payments")
    paid_on = models.DateField(_("Paid on"))
    amount_won = models.PositiveBigIntegerField(_("Amount"))
    reference = models.CharField(_("Reference"), max_length=100)
    recorded_at = models.DateTimeField(pgettext_lazy("payment", "Recorded"))
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undo_reason = models.CharField(_("Why it was undone"), max_length=SHORT_TEXT, blank=True)

    objects = OfHolderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="government_payment_of_something", condition=Q(amount_won__gte=1) & ~Q(reference="")
            ),
            models.CheckConstraint(name="government_payment_undone_says_why", condition=UNDONE_SAYS_WHY),
            models.UniqueConstraint(
                fields=["holder", "listing", "reference"],
                name="government_payment_once",
                condition=Q(undone_at__isnull=True),
            ),
        ]
        triggers = kept_but_undone()

    def __str__(self) -> str:
        return self.reference

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class AheadNotice(PublicId):
    """A company told its agency in writing that it pays at once what is left up to the cap (decree art. 39(3)).

    `told_on` is the day of the letter, `owed_won` what was left then, due within the rule's days to pay. From then on
    nothing more becomes owed; once all is paid, sales need not be reported (`queries.government.Account.is_done`).
    """

    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="ahead_notices")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="ahead_notices")
    told_on = models.DateField(_("Told in writing on"))
    reference = models.CharField(_("Reference"), max_length=100)
    research_won = models.PositiveBigIntegerField(_("Government money of the research"))
    projects = models.JSONField(_("R&D projects"), default=list)
    agreed_on = models.DateField(_("R&D agreement of"))
    task_ended_on = models.DateField(_("End of the R&D task"))
    firm_size = models.CharField(_("Size of the company"), max_length=10, choices=FirmSize)
    rule = models.ForeignKey(GovernmentRule, on_delete=models.PROTECT, related_name="ahead_notices")
    cap_won = models.PositiveBigIntegerField(_("Cap"))
    owed_won = models.PositiveBigIntegerField(_("Owed to the government"))
    pay_by = models.DateField(_("Pay the government by"))
    recorded_at = models.DateTimeField(pgettext_lazy("notice", "Recorded"))
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undo_reason = models.CharField(_("Why it was undone"), max_length=SHORT_TEXT, blank=True)

    objects = OfHolderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="ahead_notice_size_known", condition=Q(firm_size__in=FirmSize.values)),
            models.CheckConstraint(name="ahead_notice_was_written", condition=~Q(reference="")),
            models.CheckConstraint(
                name="ahead_notice_of_the_rest", condition=Q(owed_won__gte=1, owed_won__lte=F("cap_won"))
            ),
            models.CheckConstraint(name="ahead_notice_days", condition=Q(pay_by__gte=F("told_on"))),
            models.CheckConstraint(name="ahead_notice_undone_says_why", condition=UNDONE_SAYS_WHY),
            models.UniqueConstraint(
                fields=["holder", "listing"], name="ahead_notice_once", condition=Q(undone_at__isnull=True)
            ),
        ]
        triggers = kept_but_undone()

    def __str__(self) -> str:
        return self.reference

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None
