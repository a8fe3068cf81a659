import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import InstituteKind, OrganizationKind, Region
from accounts.numbers import format_business_number, format_corporate_number
from accounts.querysets import OrganizationQuerySet
from marketplace.core.models import PublicId, TimeStamped


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Organization(PublicId, TimeStamped):
    """An institute, company, broker or government office. `business_number` is ten digits, check digit verified.

    `merged_into` is the one it became part of, always one that stands (never a chain); from then on it acts no more.
    """

    kind = models.CharField(_("Kind"), max_length=20, choices=OrganizationKind)
    institute_kind = models.CharField(_("Kind of institute"), max_length=20, choices=InstituteKind, blank=True)
    name = models.CharField(pgettext_lazy("organization", "Name"), max_length=200)
    name_en = models.CharField(_("Name in English"), max_length=200, blank=True)
    name_zh = models.CharField(_("Name in Chinese"), max_length=200, blank=True)
    business_number = models.CharField(_("Business registration number"), max_length=10, unique=True)
    corporate_number = models.CharField(_("Corporate registration number"), max_length=13, blank=True)
    region_code = models.CharField(_("Region"), max_length=10, blank=True)
    phone = models.CharField(_("Telephone"), max_length=30, blank=True)
    website = models.URLField(_("Website"), blank=True)
    answer_days = models.PositiveSmallIntegerField(_("Answers requests within (days)"), default=14)
    head_name = models.CharField(_("Head of the institute"), max_length=80, blank=True, db_default="")
    head_email = models.EmailField(_("E-mail of the head"), blank=True, db_default="")

    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from", editable=False
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="organization_kind_known", condition=Q(kind__in=OrganizationKind.values)),
            models.CheckConstraint(
                name="organization_institute_kind",
                condition=(
                    Q(kind=OrganizationKind.INSTITUTE, institute_kind__in=InstituteKind.values)
                    | (~Q(kind=OrganizationKind.INSTITUTE) & Q(institute_kind=""))
                ),
            ),
            models.CheckConstraint(
                name="organization_business_number_digits", condition=Q(business_number__regex=r"^[0-9]{10}$")
            ),
            models.CheckConstraint(
                name="organization_answer_days", condition=Q(answer_days__gte=1, answer_days__lte=60)
            ),
            models.CheckConstraint(name="organization_not_into_itself", condition=~Q(merged_into=F("pk"))),
        ]
        indexes = [
            models.Index(
                fields=["corporate_number"], name="organization_by_corporate", condition=~Q(corporate_number="")
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def business_number_text(self) -> str:
        return format_business_number(self.business_number)

    @property
    def corporate_number_text(self) -> str:
        return format_corporate_number(self.corporate_number)

    @property
    def region_text(self) -> str:
        return str(dict(Region.choices).get(self.region_code, ""))

    def name_in(self, language: str) -> str:
        """The name in `language` where there is one, else the Korean name."""
        wanted = {"en": self.name_en, "zh": self.name_zh}.get(language[:2], "")
        return wanted or self.name

    @property
    def display_name(self) -> str:
        """The name for whoever reads the page."""
        return self.name_in(get_language() or "ko")

    @property
    def is_gone(self) -> bool:
        """Whether it was merged into another one: its history can be read, and nothing is done in its name."""
        return self.merged_into_id is not None

    @property
    def root_id(self) -> int:
        """The key of the one that stands: itself, or the one it was merged into."""
        return self.merged_into_id or self.pk
