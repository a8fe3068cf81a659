import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.models import Quote
from deals.models import Contract
from marketplace.core.models import PublicId
from marketplace.core.money import BASIS_POINTS
from royalties.enums.income import FeePayer
from royalties.enums.rules import PEOPLE_POTS, FirmSize, Pot, uses_of
from royalties.models.invoices import SHORT_TEXT, Allocation
from royalties.models.rules import GovernmentRule, SharingRule
from royalties.querysets.income import DistributionQuerySet, FeeShareQuerySet, PayeeQuerySet, PersonShareQuerySet
from royalties.sharing.distribution import Funding
from royalties.sharing.government import Task

ONE = BASIS_POINTS


class Payee(PublicId):
    """A person whom a holder shares royalty with. Who signs in with this e-mail reads what is theirs."""

    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="payees")
    name = models.CharField(pgettext_lazy("person", "Name"), max_length=80)
    email = models.EmailField(_("E-mail"))
    staff_number = models.CharField(_("Staff number"), max_length=40, blank=True)

    objects = PayeeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "email"], name="payee_once_per_holder"),
            models.CheckConstraint(name="payee_has_a_name", condition=~Q(name="") & ~Q(email="")),
        ]
        indexes = [models.Index(fields=["email"], name="payees_by_email")]

    def __str__(self) -> str:
        return self.name


class SharePlan(PublicId):
    """How royalty of a contract is shared out: the money of the research, the institute's own shares of the uses, and
    who has a part. Append-only; the newest of a contract counts, and a distribution names the one it went by.

    `is_donated`: the technology was donated to the institute; then donor and developers share instead of researchers
    (`enums.rules.uses_of`). `government_won` 0: not national R&D. `projects` are the numbers of those the money comes
    from, none where it was typed (`queries.funding`). `agreed_on`, `task_ended_on`, `firm_size` and `contribution_bp`
    are those of the R&D agreement of a company; an institute leaves them empty.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="share_plans")
    serial = models.PositiveSmallIntegerField(pgettext_lazy("contract", "Version"))
    government_won = models.PositiveBigIntegerField(_("Government money of the research"), default=0)
    total_won = models.PositiveBigIntegerField(_("All money of the research"), default=0)
    projects = models.JSONField(_("R&D projects"), default=list)
    agreed_on = models.DateField(_("R&D agreement of"), null=True, blank=True)
    task_ended_on = models.DateField(_("End of the R&D task"), null=True, blank=True)
    firm_size = models.CharField(_("Size of the company"), max_length=10, choices=FirmSize, blank=True)
    contribution_bp = models.PositiveIntegerField(_("Contribution of the technology"), default=ONE)
    researchers_bp = models.PositiveIntegerField(Pot.RESEARCHERS.label, default=0)
    contributors_bp = models.PositiveIntegerField(Pot.CONTRIBUTORS.label, default=0)
    transfer_bp = models.PositiveIntegerField(Pot.TRANSFER.label, default=0)
    rest_bp = models.PositiveIntegerField(Pot.REST.label, default=0)
    is_donated = models.BooleanField(_("Donated technology"), default=False)
    donor_bp = models.PositiveIntegerField(Pot.DONOR.label, default=0)
    developers_bp = models.PositiveIntegerField(Pot.DEVELOPERS.label, default=0)
    written_at = models.DateTimeField(_("Written"))
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "serial"], name="share_plan_once"),
            models.CheckConstraint(name="share_plan_size_known", condition=Q(firm_size__in=["", *FirmSize.values])),
            models.CheckConstraint(name="share_plan_money", condition=Q(government_won__lte=F("total_won"))),
            models.CheckConstraint(name="share_plan_contribution", condition=Q(contribution_bp__lte=ONE)),
            models.CheckConstraint(
                name="share_plan_uses_make_all",
                condition=Q(
                    firm_size="",
                    rest_bp=ONE
                    - F("researchers_bp")
                    - F("contributors_bp")
                    - F("transfer_bp")
                    - F("donor_bp")
                    - F("developers_bp"),
                )
                | Q(
                    researchers_bp=0,
                    contributors_bp=0,
                    transfer_bp=0,
                    rest_bp=0,
                    donor_bp=0,
                    developers_bp=0,
                    is_donated=False,
                ),
            ),
            models.CheckConstraint(
                name="share_plan_uses_of_donation",
                condition=Q(is_donated=True, researchers_bp=0) | Q(is_donated=False, donor_bp=0, developers_bp=0),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.contract_id} v{self.serial}"

    @property
    def shares_bp(self) -> dict[str, int]:
        """The institute's own shares of the uses."""
        return {pot.value: getattr(self, f"{pot}_bp") for pot in uses_of(self.is_donated)}

    @property
    def funding(self) -> Funding | None:
        return Funding(self.government_won, self.total_won) if self.total_won else None

    @property
    def task(self) -> Task | None:
        """The task of a company; None where its agreement is not named."""
        if not self.firm_size or self.task_ended_on is None:
            return None
        return Task(self.firm_size, self.government_won, self.task_ended_on, self.contribution_bp)


class Participant(models.Model):
    """A person's share of a pot under a plan; those of a pot make 100 % together (a trigger asks at commit)."""

    plan = models.ForeignKey(SharePlan, on_delete=models.PROTECT, related_name="participants")
    payee = models.ForeignKey(Payee, on_delete=models.PROTECT, related_name="parts")
    pot = models.CharField(max_length=15, choices=Pot)
    share_bp = models.PositiveIntegerField(_("Share"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="participant_pot_of_people", condition=Q(pot__in=[str(pot) for pot in PEOPLE_POTS])
            ),
            models.CheckConstraint(name="participant_share", condition=Q(share_bp__gte=1, share_bp__lte=ONE)),
            models.UniqueConstraint(fields=["plan", "payee", "pot"], name="participant_once"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.share_bp}"


class Distribution(PublicId):
    """What became of the royalty that an allocation brought. Undone by a reversal, never edited.

    `amounts` are won by pot before the broker's fee, in sum `royalty_won`; `by_policy` before the law raised them;
    `floors` what each law asks (`sharing.distribution.FloorWon`). Of a company, instead, `government` is what it owes
    (`sharing.government.Owed`) and `amounts` is empty. `fee_won` is the holder's part of the broker's fee with VAT.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="distributions")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="distributions")
    plan = models.ForeignKey(SharePlan, on_delete=models.PROTECT, related_name="distributions")
    sharing_rule = models.ForeignKey(
        SharingRule, null=True, blank=True, on_delete=models.PROTECT, related_name="distributions"
    )
    government_rule = models.ForeignKey(
        GovernmentRule, null=True, blank=True, on_delete=models.PROTECT, related_name="distributions"
    )
    royalty_won = models.PositiveBigIntegerField(_("Royalty without VAT"))
    government_share_won = models.PositiveBigIntegerField(_("Government’s share of it"), default=0)
    amounts = models.JSONField(default=dict)
    by_policy = models.JSONField(default=dict)
    floors = models.JSONField(default=list)
    government = models.JSONField(default=dict)
    government_won = models.PositiveBigIntegerField(_("Owed to the government"), default=0)
    pay_government_by = models.DateField(_("Pay the government by"), null=True, blank=True)
    fee_won = models.PositiveBigIntegerField(_("Broker’s fee"), default=0)
    shared_at = models.DateTimeField(pgettext_lazy("royalty", "Shared out"))
    shared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undo_reason = models.CharField(_("Why it was undone"), max_length=SHORT_TEXT, blank=True)

    objects = DistributionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="distribution_number_form", condition=Q(number__regex=r"^D(19|20)[0-9]{8}$")),
            models.CheckConstraint(
                name="distribution_by_one_rule",
                condition=Q(sharing_rule__isnull=False, government_rule__isnull=True)
                | Q(sharing_rule__isnull=True, amounts={}),
            ),
            models.CheckConstraint(
                name="distribution_undone_says_why",
                condition=(Q(undone_at__isnull=False, undone_by__isnull=False) & ~Q(undo_reason=""))
                | Q(undone_at__isnull=True, undone_by__isnull=True, undo_reason=""),
            ),
            models.UniqueConstraint(
                fields=["allocation"], name="distribution_once", condition=Q(undone_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["contract", "-shared_at"], name="distributions_of_contract")]

    def __str__(self) -> str:
        return self.number

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class PersonShare(PublicId):
    """What one person gets of a distribution. Written with it, never changed; undone with it."""

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="people")
    payee = models.ForeignKey(Payee, on_delete=models.PROTECT, related_name="shares")
    pot = models.CharField(pgettext_lazy("share", "For"), max_length=15, choices=Pot)
    share_bp = models.PositiveIntegerField(_("Share"))
    amount_won = models.PositiveBigIntegerField(_("Amount"))

    objects = PersonShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="person_share_pot_of_people", condition=Q(pot__in=[str(pot) for pot in PEOPLE_POTS])
            ),
            models.UniqueConstraint(fields=["distribution", "payee", "pot"], name="person_share_once"),
        ]
        indexes = [models.Index(fields=["payee", "-id"], name="person_shares_of_payee")]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.distribution_id} {self.amount_won}"


class FeeShare(PublicId):
    """What a broker earns with a distribution, and which side owes it: the one that accepted the `quote`, which the
    contract froze (trigger `royalties_guard_fee_share`). Written with the distribution, undone with it.
    """

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="fees")
    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="charged")
    broker = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="fees_earned")
    payer = models.CharField(_("Pays"), max_length=10, choices=FeePayer)
    net_won = models.PositiveBigIntegerField(_("Without VAT"))
    vat_won = models.PositiveBigIntegerField(_("VAT"))

    objects = FeeShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="fee_share_payer_known", condition=Q(payer__in=FeePayer.values)),
            models.UniqueConstraint(fields=["distribution", "quote", "broker", "payer"], name="fee_share_once"),
        ]
        indexes = [models.Index(fields=["broker", "-id"], name="fee_shares_of_broker")]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.distribution_id} {self.net_won}"

    @property
    def total_won(self) -> int:
        return self.net_won + self.vat_won
