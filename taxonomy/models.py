from functools import reduce
from operator import or_

import pghistory
from django.db import models
from django.db.models import F, Q

from taxonomy.enums import LEVELS, Level, MappingKind, Origin, System
from taxonomy.querysets import CodeQuerySet

TITLE_ORDER = {"ko": ("ko", "en", "zh"), "en": ("en", "ko", "zh"), "zh": ("zh", "en", "ko")}


def first_title(language: str | None, *, ko: str, en: str, zh: str) -> str:
    """The title in `language` (“ko”, “en”, “zh-hans”…), else in the next best one: Chinese readers get English before
    Korean, Korean readers English before Chinese. Any other language is treated as English."""
    titles = {"ko": ko, "en": en, "zh": zh}
    order = TITLE_ORDER.get((language or "ko").lower().split("-")[0], TITLE_ORDER["en"])
    return next((titles[name] for name in order if titles[name]), "")


LEVEL_FITS_SYSTEM = reduce(or_, (Q(system=s, level__in=[str(x) for x in levels]) for s, levels in LEVELS.items()))
IS_TOP_LEVEL = reduce(or_, (Q(system=s, level=str(levels[0])) for s, levels in LEVELS.items()))


@pghistory.track(pghistory.UpdateEvent("code_changed"))
class Code(models.Model):
    """One entry of a classification in one of its revisions.

    `code` is what listings and organizations carry as text, in display form (“H01M 10/0525”, “26”, “1100000000”);
    nothing points at the row, so that a listing keeps a code this table has never seen.
    """

    system = models.CharField(max_length=10, choices=System)
    revision = models.CharField(max_length=20, help_text="As its publisher names it: “2022.01”, “10”.")
    code = models.CharField(max_length=20)
    level = models.CharField(max_length=16, choices=Level)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    title_ko = models.TextField(blank=True)
    title_en = models.TextField(blank=True)
    title_zh = models.TextField(blank=True, help_text="Simplified Chinese.")
    sort_key = models.CharField(max_length=20)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="The last day.")
    is_abolished = models.BooleanField(default=False)
    note = models.TextField(blank=True, help_text="For officers: what is assumed here, and what would settle it.")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.TABLE)

    objects = CodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "revision", "code"], name="code_once_per_revision"),
            models.CheckConstraint(name="code_system_known", condition=Q(system__in=System.values)),
            models.CheckConstraint(name="code_origin_known", condition=Q(origin__in=Origin.values)),
            models.CheckConstraint(name="code_level_fits_system", condition=LEVEL_FITS_SYSTEM),
            models.CheckConstraint(
                name="code_only_top_level_has_no_parent",
                condition=(IS_TOP_LEVEL & Q(parent__isnull=True)) | (~IS_TOP_LEVEL & Q(parent__isnull=False)),
            ),
            models.CheckConstraint(
                name="code_has_a_title", condition=~Q(title_ko="", title_en="", title_zh="") & ~Q(code="")
            ),
            models.CheckConstraint(
                name="code_valid_period", condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from"))
            ),
        ]
        indexes = [
            models.Index(fields=["system", "level", "sort_key"], name="code_offered", condition=Q(is_abolished=False)),
            models.Index(fields=["system", "revision", "sort_key"], name="code_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.code}"

    def title_in(self, language: str | None) -> str:
        return first_title(language, ko=self.title_ko, en=self.title_en, zh=self.title_zh)


class CodeMapping(models.Model):
    """A code of an old revision and one of its successors. KSIC 9 → 10, and regions that changed their code."""

    source = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="successors")
    target = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="predecessors")
    kind = models.CharField(max_length=10, choices=MappingKind)
    detail = models.TextField(blank=True, help_text="What moved, in the publisher's words.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="mapping_once"),
            models.CheckConstraint(name="mapping_kind_known", condition=Q(kind__in=MappingKind.values)),
            models.CheckConstraint(name="mapping_leads_elsewhere", condition=~Q(source=F("target"))),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"
