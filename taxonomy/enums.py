from django.db import models
from django.utils.translation import gettext_lazy as _


class System(models.TextChoices):
    IPC = "ipc", _("International Patent Classification")
    KSIC = "ksic", _("Korean Standard Industrial Classification")
    ST = "st", _("National Science and Technology Standard Classification")
    REGION = "region", _("Region")
    TRL = "trl", _("Technology readiness level")


class Level(models.TextChoices):
    SECTION = "section", _("Section")
    CLASS = "class", _("Class")
    SUBCLASS = "subclass", _("Subclass")
    MAIN_GROUP = "main_group", _("Main group")
    SUBGROUP = "subgroup", _("Subgroup")
    DIVISION = "division", _("Division")
    GROUP = "group", _("Group")
    MAJOR = "major", _("Major field")
    MIDDLE = "middle", _("Middle field")
    MINOR = "minor", _("Detailed field")
    SIDO = "sido", _("Province or metropolitan city")
    SIGUNGU = "sigungu", _("City, county or district")
    EUPMYEONDONG = "eupmyeondong", _("Town, township or neighbourhood")
    RI = "ri", _("Village")
    PHASE = "phase", _("Development phase")
    STEP = "step", _("Readiness step")


LEVELS: dict[str, tuple[Level, ...]] = {
    System.IPC: (Level.SECTION, Level.CLASS, Level.SUBCLASS, Level.MAIN_GROUP, Level.SUBGROUP),
    System.KSIC: (Level.SECTION, Level.DIVISION, Level.GROUP, Level.CLASS, Level.SUBCLASS),
    System.ST: (Level.MAJOR, Level.MIDDLE, Level.MINOR),
    System.REGION: (Level.SIDO, Level.SIGUNGU, Level.EUPMYEONDONG, Level.RI),
    System.TRL: (Level.PHASE, Level.STEP),
}
"""The levels of each system, top first. Only a code of the first level has no parent."""


class Origin(models.TextChoices):
    """Whose titles a row carries. A load overwrites titles of its own rank or lower, never of a higher one."""

    TABLE = "table", _("Full table")
    PRODUCT = "product", _("Delivered with the product")
    OFFICER = "officer", _("Corrected by an officer")


ORIGIN_RANK: dict[str, int] = {Origin.TABLE: 1, Origin.PRODUCT: 2, Origin.OFFICER: 3}


class MappingKind(models.TextChoices):
    """How an old code continues in the new revision, by the number of codes on either side."""

    SAME = "same", _("One code, one successor")
    SPLIT = "split", _("Divided among several codes")
    MERGE = "merge", _("Merged with other codes")
    MIXED = "mixed", _("Divided and merged")
