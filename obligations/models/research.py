import pghistory
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.models import PublicId, TimeStamped
from obligations.enums import ResultKind
from obligations.querysets import ResearchResultQuerySet, RnDProjectQuerySet
from tech_listings.models import Source

BASIS_POINTS = 10_000


class Sourced(models.Model):
    """Where a row was imported from; all empty where a person typed it."""

    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source_key = models.CharField(max_length=120, blank=True)
    raw_hash = models.CharField(max_length=32, blank=True)

    class Meta:
        abstract = True


def _sourced_once(name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=["source", "source_key"], name=name, condition=Q(source__isnull=False))


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class RnDProject(PublicId, TimeStamped, Sourced):
    """A government-funded R&D project. Its agreement runs from `starts_on` to `ends_on`, days in Korea.

    A number is the same whatever stands between its letters and digits (`numbers.project_key`); a deleted project keeps
    it. Of a security project and its results nothing is ever shown, counted or offered.
    """

    number = models.CharField(_("Project number"), max_length=60)
    title = models.CharField(_("Title"), max_length=500)
    ministry = models.CharField(_("Ministry"), max_length=100)
    programme = models.CharField(_("R&D programme"), max_length=200, blank=True)
    lead = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="led_projects", verbose_name=_("Lead institute")
    )
    partners = models.ManyToManyField(Organization, related_name="partner_projects", blank=True)
    investigator_name = models.CharField(_("Principal investigator"), max_length=80, blank=True)
    investigator_email = models.EmailField(_("E-mail of the principal investigator"), blank=True)
    starts_on = models.DateField(_("Beginning of the agreement"))
    ends_on = models.DateField(_("End of the agreement"))
    completed_on = models.DateField(_("Completed on"), null=True, blank=True)
    report_submitted_on = models.DateField(_("Final report handed in on"), null=True, blank=True)
    report_published_on = models.DateField(_("Final report published on"), null=True, blank=True)
    government_won = models.PositiveBigIntegerField(_("Government money (won)"), default=0)
    total_won = models.PositiveBigIntegerField(_("Total money (won)"), default=0)
    is_security = models.BooleanField(_("Security project"), default=False)
    revision = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RnDProjectQuerySet.as_manager()

    class Meta:
        verbose_name = "R&D project"
        constraints = [
            models.UniqueConstraint(
                Func(Upper("number"), Value("[^0-9A-Z]"), Value(""), Value("g"), function="regexp_replace"),
                name="project_number_once",
            ),
            models.CheckConstraint(name="project_number_has_digits", condition=Q(number__regex=r"[0-9]")),
            models.CheckConstraint(name="project_has_title_and_ministry", condition=~Q(title="") & ~Q(ministry="")),
            models.CheckConstraint(name="project_ends_after_start", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="project_money_within_total", condition=Q(total_won__gte=F("government_won"))),
            models.CheckConstraint(
                name="project_published_after_submitted",
                condition=Q(report_published_on__isnull=True)
                | Q(report_submitted_on__isnull=False, report_published_on__gte=F("report_submitted_on")),
            ),
            _sourced_once("project_once_per_source"),
        ]
        indexes = [
            models.Index(fields=["id"], name="project_security", condition=Q(is_security=True)),
            models.Index(
                fields=["ministry"], name="project_ministry", condition=Q(is_security=False, deleted_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def no_inventors() -> list[dict[str, str]]:
    return []


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ResearchResult(PublicId, TimeStamped, Sourced):
    """What a project brought forth, or is expected to. Only a reported one that is neither deleted nor merged is owed.

    `owner` is the institute that owes. `number` of a patent is the 13 digits of its application. `inventors` is a list
    of {"name", "email"}. `contribution_bp`: the project's share in the result, basis points.
    """

    project = models.ForeignKey(RnDProject, on_delete=models.PROTECT, related_name="results")
    kind = models.CharField(_("Kind"), max_length=20, choices=ResultKind)
    title = models.CharField(_("Title"), max_length=500)
    number = models.CharField(_("Number"), max_length=40, blank=True)
    owner = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="research_results", verbose_name=_("Institute that owes")
    )
    inventors = models.JSONField(_("Inventors"), default=no_inventors, blank=True)
    contribution_bp = models.PositiveIntegerField(_("Contribution of the project"), default=BASIS_POINTS)
    is_expected = models.BooleanField(_("Expected, not yet reported"), default=False)
    completed_on = models.DateField(_("Completed on"), null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    revision = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ResearchResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="result_kind_known", condition=Q(kind__in=ResultKind.values)),
            models.CheckConstraint(name="result_has_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="result_contribution_share", condition=Q(contribution_bp__gte=1, contribution_bp__lte=BASIS_POINTS)
            ),
            models.CheckConstraint(
                name="result_reported_says_when", condition=Q(is_expected=True) | Q(completed_on__isnull=False)
            ),
            models.CheckConstraint(
                name="result_patent_number_digits",
                condition=~Q(kind=ResultKind.PATENT) | Q(number="") | Q(number__regex=r"^[0-9]{13}$"),
            ),
            models.CheckConstraint(
                name="result_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
            _sourced_once("result_once_per_source"),
        ]
        indexes = [
            models.Index(fields=["number"], name="result_by_number", condition=~Q(number="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number or self.title}"
