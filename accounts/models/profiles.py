"""Who stands behind an organization.

What is compared (`…_key`) is written by triggers from what stands beside it (migration `guards_of_identity`), whoever
writes: service, admin and SQL alike. After `save()` read it again.
"""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import Bank
from accounts.models.organizations import Organization
from accounts.numbers import digits, format_business_number
from accounts.querysets import BusinessProfileQuerySet
from marketplace.core.models import TimeStamped

WHOLE_BP = 10_000


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class BusinessProfile(TimeStamped):
    """Representatives, address, account and figures of an organization. `industry_code` is a KSIC code, or empty."""

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="business_profile")
    representatives = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    representative_keys = ArrayField(models.TextField(), default=list, editable=False)
    address = models.CharField(pgettext_lazy("organization", "Address"), max_length=300, blank=True)
    address_key = models.TextField(default="", editable=False)
    founded_on = models.DateField(_("Founded on"), null=True, blank=True)
    industry_code = models.CharField(_("Main industry"), max_length=6, blank=True)
    fiscal_month = models.PositiveSmallIntegerField(_("Fiscal year ends in month"), default=12)
    bank_code = models.CharField(_("Bank"), max_length=3, choices=Bank, blank=True)
    bank_account = models.CharField(_("Account number"), max_length=20, blank=True)
    bank_key = models.TextField(default="", editable=False)

    objects = BusinessProfileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="profile_fiscal_month", condition=Q(fiscal_month__gte=1, fiscal_month__lte=12)),
            models.CheckConstraint(
                name="profile_bank_and_account",
                condition=Q(bank_code="", bank_account="") | (~Q(bank_code="") & ~Q(bank_account="")),
            ),
            models.CheckConstraint(name="profile_bank_digits", condition=Q(bank_account__regex=r"^[0-9]*$")),
            models.CheckConstraint(
                name="profile_industry_code", condition=Q(industry_code__regex=r"^([A-U]|[A-U]?[0-9]{2,5})?$")
            ),
        ]
        indexes = [
            GinIndex(fields=["representative_keys"], name="profile_by_representative"),
            models.Index(fields=["address_key"], name="profile_by_address"),
            models.Index(fields=["bank_key"], name="profile_by_bank"),
        ]

    def __str__(self) -> str:
        return str(self.organization)

    @property
    def is_known(self) -> bool:
        """Whether it says enough to compare it with others: who acts for the organization, and from where."""
        return bool(self.representatives and self.address.strip())

    @property
    def account_text(self) -> str:
        """The bank and the whole account number, or an empty text."""
        return f"{self.get_bank_code_display()} {self.bank_account}" if self.bank_account else ""

    @property
    def account_masked(self) -> str:
        """The bank, and of the number the last three digits only."""
        if not self.bank_account:
            return ""
        return f"{self.get_bank_code_display()} {'•' * 6}{self.bank_account[-3:]}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Owner(TimeStamped):
    """Who owns a share of it: a person by name, or another business by its ten digits. The shares of one profile are
    at most 10,000 basis points together, which a deferred trigger asks at commit."""

    profile = models.ForeignKey(BusinessProfile, on_delete=models.CASCADE, related_name="owners")
    name = models.CharField(_("Name"), max_length=200, blank=True)
    name_key = models.TextField(default="", editable=False)
    business_number = models.CharField(_("Business registration number"), max_length=10, blank=True)
    share_bp = models.PositiveSmallIntegerField(
        _("Share (basis points)"), validators=[MinValueValidator(1), MaxValueValidator(WHOLE_BP)]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="owner_share_bp", condition=Q(share_bp__gte=1, share_bp__lte=WHOLE_BP)),
            models.CheckConstraint(
                name="owner_business_number_digits", condition=Q(business_number__regex=r"^([0-9]{10})?$")
            ),
            models.CheckConstraint(name="owner_is_somebody", condition=~Q(name="", business_number="")),
        ]
        indexes = [
            models.Index(fields=["name_key"], name="owner_by_name"),
            models.Index(fields=["business_number"], name="owner_by_business_number"),
        ]

    @property
    def share_text(self) -> str:
        """In percent, as people write it."""
        return f"{self.share_bp / 100:g}"

    def __str__(self) -> str:
        return self.name or format_business_number(digits(self.business_number))


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class FinancialYear(TimeStamped):
    """What a fiscal year came to; sales and assets in whole won."""

    profile = models.ForeignKey(BusinessProfile, on_delete=models.CASCADE, related_name="years")
    ends_on = models.DateField(_("Year ends on"))
    sales_won = models.PositiveBigIntegerField(_("Sales (won)"))
    assets_won = models.PositiveBigIntegerField(_("Assets (won)"))
    employees = models.PositiveIntegerField(_("Employees"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "ends_on"], name="one_row_per_fiscal_year")]

    def __str__(self) -> str:
        return f"{self.profile} {self.ends_on}"
