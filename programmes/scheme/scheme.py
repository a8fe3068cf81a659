"""The content of a version of a call, and its way to JSON and back."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class ConditionKind(models.TextChoices):
    """What an applicant has to be, or must not be. `Condition.value` is read by the kind."""

    SME = "sme", _("Is a small or medium enterprise")
    SMALL = "small", _("Is a small enterprise")
    TRANSFER = "transfer", _("Took over a technology")
    AGE = "age", _("Years since its founding")
    SALES = "sales", _("Average sales of three years (won)")
    REGION = "region", _("Region")
    INDUSTRY = "industry", _("Industry")
    AWARDS = "awards", _("Awards in five years")
    NO_EXCLUSION = "no_exclusion", _("Is not excluded from programmes")
    NO_DEBT = "no_debt", _("Owes no money that was recovered")
    DECLARED = "declared", _("Declares by itself")


class PaperStage(models.TextChoices):
    APPLICATION = "application", pgettext_lazy("paper", "With the application")
    CLAIM = "claim", pgettext_lazy("paper", "With a claim")


class StageKind(models.TextChoices):
    """Applications are checked, then scored; the selection is then approved, by each approval stage in turn."""

    CHECK = "check", _("Check of documents")
    PANEL = "panel", _("Panel")
    APPROVAL = "approval", _("Approval")


@dataclass(frozen=True)
class Words:
    """A text in three languages; Korean stands in for what is missing."""

    ko: str
    en: str = ""
    zh: str = ""

    def __str__(self) -> str:
        return {"en": self.en, "zh": self.zh}.get((get_language() or "ko")[:2], "") or self.ko


@dataclass(frozen=True)
class Condition:
    """`value`: a number for AGE, SALES and AWARDS (at most), codes for REGION and INDUSTRY (any of, by prefix), the
    sentence that is declared for DECLARED, else nothing. `key` names it in forms and findings."""

    key: str
    kind: ConditionKind
    most: int | None = None
    codes: tuple[str, ...] = ()
    words: Words | None = None


@dataclass(frozen=True)
class Band:
    """The own share in basis points for firms whose average sales of three years are at most `sales_up_to_won`."""

    sales_up_to_won: int | None
    own_bp: int


@dataclass(frozen=True)
class Caps:
    """`award_won` is the government's part of one award at most, `firm_won` of all awards of a firm, its relatives'
    included, within `firm_years` years, in all programmes."""

    award_won: int
    firm_won: int | None = None
    firm_years: int = 5


@dataclass(frozen=True)
class Service:
    """A line of the menu. Of a `area` (field) one service is taken where the call says so; `most_won` is the
    government's part at most; of brokerage the fee is held against the fee guideline."""

    key: str
    words: Words
    area: str
    most_won: int | None = None
    is_brokerage: bool = False


@dataclass(frozen=True)
class Paper:
    key: str
    words: Words
    stage: PaperStage
    is_required: bool = True


@dataclass(frozen=True)
class Criterion:
    key: str
    words: Words
    most: int


@dataclass(frozen=True)
class Stage:
    """`role` is the role in the office that decides it: `staff` (managers too) or `manager`; of a panel nothing.
    A panel stage needs `least` scores of each application."""

    key: str
    kind: StageKind
    words: Words
    role: str = "staff"
    least: int = 0


@dataclass(frozen=True)
class Days:
    """Clocks in days (Korea), and months a voucher is valid. `grace`: how long what was ordered within the term may
    still be delivered and claimed after it; `extension_months`: by how much a term is made longer at most."""

    completion: int = 14
    objection: int = 20
    objection_answer: int = 30
    agreement: int = 14
    deposit: int = 14
    acceptance: int = 7
    valid_months: int = 12
    grace: int = 60
    extension_months: int = 6


@dataclass(frozen=True)
class Scheme:
    """A call's content. `source` says where its figures are from, `is_assumption` that nobody published them.

    Of whose voucher more than `unused_bp` was left unused, the firm may not apply in the `barred_years` calendar years
    after the one in which it was closed (a notice of 2026 says: 30 %, the next year; that it holds here is assumed).
    """

    notice: Words
    conditions: tuple[Condition, ...] = ()
    caps: Caps = Caps(award_won=50_000_000)
    bands: tuple[Band, ...] = (Band(None, 2_500),)
    menu: tuple[Service, ...] = ()
    one_per_area: bool = True
    most_services: int = 3
    papers: tuple[Paper, ...] = ()
    stages: tuple[Stage, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    pass_points: int = 60
    reserve_places: int = 10
    unused_bp: int = 3_000
    barred_years: int = 1
    days: Days = field(default_factory=Days)
    source: str = ""
    is_assumption: bool = True
    format: int = 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Scheme":
        """Raises `ValueError`, `KeyError` or `TypeError` for what is no scheme of a known format."""
        if content.get("format") != 1:
            raise ValueError(f"format {content.get('format')!r} is not known")
        return cls(
            notice=Words(**content["notice"]),
            conditions=tuple(
                Condition(
                    key=each["key"],
                    kind=ConditionKind(each["kind"]),
                    most=each["most"],
                    codes=tuple(each["codes"]),
                    words=_words(each["words"]),
                )
                for each in content["conditions"]
            ),
            caps=Caps(**content["caps"]),
            bands=tuple(Band(**each) for each in content["bands"]),
            menu=tuple(Service(**each | {"words": Words(**each["words"])}) for each in content["menu"]),
            papers=tuple(
                Paper(**each | {"words": Words(**each["words"]), "stage": PaperStage(each["stage"])})
                for each in content["papers"]
            ),
            stages=tuple(
                Stage(**each | {"words": Words(**each["words"]), "kind": StageKind(each["kind"])})
                for each in content["stages"]
            ),
            criteria=tuple(Criterion(**each | {"words": Words(**each["words"])}) for each in content["criteria"]),
            days=Days(**content["days"]),
            **{
                name: content[name]
                for name in (
                    "one_per_area", "most_services", "pass_points", "reserve_places", "unused_bp", "source",
                    "is_assumption", "format",
                )
            },
            **{
                name: content[name] for name in ("barred_years",) if name in content  # younger than the format
            },
        )  # fmt: skip

    def own_bp(self, average_sales_won: int) -> int | None:
        """The own share for a firm with these sales; None where no band takes it."""
        for band in self.bands:
            if band.sales_up_to_won is None or average_sales_won <= band.sales_up_to_won:
                return band.own_bp
        return None

    def service(self, key: str) -> Service | None:
        return next((each for each in self.menu if each.key == key), None)


def _words(given: dict[str, str] | None) -> Words | None:
    return None if given is None else Words(**given)
