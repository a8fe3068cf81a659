from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped

FIRST_YEAR, LAST_YEAR = 2000, 2100


class SurveyAnswer(PublicId, TimeStamped):
    """What an institute says of a calendar year in the yearly survey (TTA art. 8; domain-facts §7).

    A correction is a new `version`; the one before it keeps the moment at which it was replaced. `new_technologies` is
    what the transfer rate is divided by, `research_expenditure_won` what research productivity is divided by.
    """

    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="survey_answers")
    year = models.PositiveSmallIntegerField(_("Year"))
    version = models.PositiveSmallIntegerField(_("Version"), default=1)
    new_technologies = models.PositiveIntegerField(_("Newly acquired technologies"))
    research_expenditure_won = models.PositiveBigIntegerField(_("Research expenditure"))
    office_staff = models.PositiveSmallIntegerField(_("Staff of the technology transfer office"))
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("Answered at"))
    replaced_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institute", "year"], condition=Q(replaced_at__isnull=True), name="one_current_survey_answer"
            ),
            models.UniqueConstraint(fields=["institute", "year", "version"], name="one_survey_answer_per_version"),
            models.CheckConstraint(name="survey_year_in_range", condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR)),
        ]

    def __str__(self) -> str:
        return f"{self.institute} {self.year} v{self.version}"
