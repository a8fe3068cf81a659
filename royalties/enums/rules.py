"""What the law's rules about royalty are told apart by."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy


class SharingLaw(models.TextChoices):
    """By which law an institute shares royalty out."""

    TRANSFER_ACT = "transfer_act", _("Technology Transfer Act")
    INNOVATION_ACT = "innovation_act", _("National R&D Innovation Act")
    DONATION = "donation", _("Technology Transfer Act, donated technology")


class ShareBase(models.TextChoices):
    """What the shares of a rule are taken of."""

    ROYALTY = "royalty", _("The whole royalty")
    GOVERNMENT_SHARE = "government_share", _("The government's share of the royalty")


class Pot(models.TextChoices):
    """What a receipt of an institute is shared out to."""

    RESEARCHERS = "researchers", pgettext_lazy("pot", "Researchers")
    CONTRIBUTORS = "contributors", pgettext_lazy("pot", "Contributors to the transfer")
    TRANSFER = "transfer", pgettext_lazy("pot", "Transfer and IP costs")
    REST = "rest", pgettext_lazy("pot", "Research and overhead")
    DONOR = "donor", pgettext_lazy("pot", "Donor")
    DEVELOPERS = "developers", pgettext_lazy("pot", "Developers")


PEOPLE_POTS = (Pot.RESEARCHERS, Pot.CONTRIBUTORS, Pot.DONOR, Pot.DEVELOPERS)
"""Those that are paid to persons; a donor may be a firm."""

OF_OWN_RESEARCH = (Pot.RESEARCHERS, Pot.CONTRIBUTORS, Pot.TRANSFER, Pot.REST)
OF_DONATION = (Pot.DONOR, Pot.DEVELOPERS, Pot.CONTRIBUTORS, Pot.TRANSFER, Pot.REST)


def uses_of(is_donated: bool) -> tuple[Pot, ...]:
    """What royalty is shared out to: of a technology that was donated to the institute, or of its own research."""
    return OF_DONATION if is_donated else OF_OWN_RESEARCH


def named_first(is_donated: bool) -> tuple[Pot, ...]:
    """The uses in which somebody has to be named before royalty is shared out."""
    return (Pot.DONOR, Pot.DEVELOPERS) if is_donated else (Pot.RESEARCHERS,)


class FirmSize(models.TextChoices):
    """How large a company is that holds a result of national R&D."""

    SME = "sme", _("Small or medium-sized company")
    MID = "mid", _("Mid-size company")
    LARGE = "large", _("Large company or public corporation")


class IncomeKind(models.TextChoices):
    """How a company earns with a result: others pay it royalty, or it sells what it makes with it."""

    LICENCE = "licence", pgettext_lazy("income", "Licence royalty")
    DIRECT = "direct", pgettext_lazy("income", "Own use")


RULE_SOURCES = (
    gettext_noop(
        "Technology Transfer and Commercialization Promotion Act decree art. 24: at least 50 percent of the royalty "
        "to researchers, at least 10 percent to employees who helped the transfer."
    ),
    gettext_noop(
        "Technology Transfer and Commercialization Promotion Act decree art. 25-2: of the income from donated "
        "technology at least 60 percent to the donor, at least 10 percent to those who developed it. That it goes "
        "before the other rules on sharing is an assumption."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 41(2) as it read before 2024-12-31: researchers at least 50 "
        "percent. That transfer and IP costs had at least 15 percent and staff at least 10 percent is inferred: the "
        "change of 2024-12-31 names item 1 only."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 41(2), addenda art. 5, for licence contracts from 2024-12-31: "
        "researchers at least 60 percent, transfer and IP costs at least 15 percent, contributing staff at least 10 "
        "percent."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 41(2) as amended on 2026-07-28 (No. 36525), for licence contracts "
        "from 2027-01-01: researchers and staff together at least 70 percent, all other uses together at least 15 "
        "percent."
    ),
    gettext_noop(
        "Before the National R&D Innovation Act (addenda art. 4): a share of the government's money once, or a share "
        "of sales until all of it is repaid. Rates by press and from memory; that of mid-size companies changed "
        "later."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 38(3) and 39(2) for agreements before 2024-12-31: 5, 10 or 20 "
        "percent. Caps are taken from the later text."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 38(3) and 39(2), addenda art. 3 and 4, for agreements from "
        "2024-12-31: 2.5, 5 or 10 percent, at most 10, 20 or 40 percent of the government's money."
    ),
    gettext_noop(
        "Commercial Act art. 54: 6 percent a year on claims from commercial acts. That a licence contract of a public "
        "institute with a firm is one (art. 3), and that a year counts 365 days also in leap years, is an assumption. "
        "What the contract itself says goes first."
    ),
)
"""The sources in the files that come with the product, so that they are translated."""
