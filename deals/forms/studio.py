"""What can be typed about ways to pay: an option, and what a firm expects to sell."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deals.services.offers.make import TITLE_LENGTH, OptionContent
from deals.terms import (
    SHAPES,
    Case,
    Forecast,
    Instalment,
    Milestone,
    Problem,
    Template,
    Terms,
    check_forecast,
    refusals,
    template_of,
)
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import PercentField, WonField

ROWS = ("instalments", "milestones")
LEAST_ROWS, MOST_ROWS = 4, 24
LEAST_YEARS, MORE_YEARS, MOST_YEARS = 5, 5, 20
CASES = (Case.LOW, Case.BASE, Case.HIGH)


def day_field(**also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(widget=widget, validators=PLAUSIBLE_DAY, **also)


def number_field(**also: Any) -> forms.IntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(widget=widget, min_value=0, max_value=999, **also)


LABELS: dict[str, Any] = {
    "upfront_won": lambda: WonField(label=_("Paid at signing, in won"), required=False),
    "swap_discount_won": lambda: WonField(
        label=_("Taken off the fee, in won"),
        required=False,
        help_text=_("Made up by the doubled rate, and never owed if nothing is sold."),
    ),
    "running_bp": lambda: PercentField(label=_("Share of net sales in percent"), required=False),
    "minimum_won": lambda: WonField(label=_("Minimum royalty a year, in won"), required=False),
    "minimum_from_year": lambda: number_field(
        label=_("Minimum from which calendar year after signing on"),
        required=False,
        help_text=_("1 is the first calendar year after the year of signing."),
    ),
    "cap_won": lambda: WonField(
        label=_("Cap of all running royalty together, in won"), required=False, help_text=_("Empty for no cap.")
    ),
    "swap_start_months": lambda: number_field(label=_("Selling begins within how many months"), required=False),
    "swap_grace_months": lambda: number_field(label=_("Months of grace for that"), required=False),
    "equity_bp": lambda: PercentField(label=_("Share of the company in percent"), required=False),
    "statement_due_months": lambda: number_field(
        label=_("Sales statement and royalty due how many months after the year’s end"), required=False
    ),
}


class OptionForm(forms.Form):
    """One option. Which fields there are, its template says, and what its terms say beyond it: nothing of
    an offer that is answered is lost. Rows of instalments and milestones may stay empty; there is one to spare.
    """

    template = forms.ChoiceField(choices=Template, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Name of this way to pay"), max_length=TITLE_LENGTH)

    def __init__(self, *args: Any, template: Template, named: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not named:
            del self.fields["title"]
        self.kind, self.placed = template, dict[str, list[int]]()
        self.initial["template"] = template
        self.shape = [*SHAPES[template].fields, *self._beyond(SHAPES[template].fields)]
        for name in self.shape:
            if name in LABELS:
                self.fields[name] = LABELS[name]()
        if "instalments" in self.shape:
            self._add_instalments()
        if "milestones" in self.shape:
            self._add_milestones()

    def _says(self, name: str) -> bool:
        """Whether there is something of this name: typed, or to begin with."""
        return self.add_prefix(name) in self.data if self.is_bound else bool(self.initial.get(name))

    def _beyond(self, shape: tuple[str, ...]) -> list[str]:
        names = [name for name in LABELS if name.endswith(("_won", "_bp")) and name not in shape and self._says(name)]
        if "minimum_won" in names:
            names.append("minimum_from_year")
        rows = [name for name in ROWS if name not in shape and self._says(f"{name}_0_won")]
        return names + rows

    def _places(self, name: str) -> range:
        """The rows of the form: those that were sent, else four, or one more than say something."""
        said = [place for place in range(MOST_ROWS) if self._says(f"{name}_{place}_won")]
        last = max(said, default=-1) + (1 if self.is_bound else 2)
        return range(min(max(LEAST_ROWS, last), MOST_ROWS))

    def _add_instalments(self) -> None:
        for place in self._places("instalments"):
            number = {"number": place + 1}
            self.fields[f"instalments_{place}_months"] = number_field(
                label=_("Instalment %(number)d: months after signing") % number, required=False
            )
            self.fields[f"instalments_{place}_won"] = WonField(
                label=_("Instalment %(number)d in won") % number, required=False
            )

    def _add_milestones(self) -> None:
        for place in self._places("milestones"):
            number = {"number": place + 1}
            self.fields[f"milestones_{place}_words"] = forms.CharField(
                label=_("Milestone %(number)d: what is reached") % number, max_length=200, required=False
            )
            self.fields[f"milestones_{place}_won"] = WonField(
                label=_("Milestone %(number)d in won") % number, required=False
            )
            self.fields[f"milestones_{place}_month"] = number_field(
                label=_("Milestone %(number)d: expected how many months after signing") % number, required=False
            )
            self.fields[f"milestones_{place}_needs_sales"] = forms.BooleanField(
                label=_("Milestone %(number)d is owed only once something is sold") % number, required=False
            )
            self.fields[f"milestones_{place}_key"] = forms.CharField(
                max_length=50, required=False, widget=forms.HiddenInput
            )

    def plain_fields(self) -> list[Any]:
        rows = tuple(f"{name}_" for name in ROWS)
        return [field for field in self.visible_fields() if not field.name.startswith(rows)]

    def row_fields(self) -> list[list[Any]]:
        """Instalments or milestones, row by row."""
        rows = []
        for name in ROWS:
            for place in range(MOST_ROWS):
                row = [field for field in self if field.name.startswith(f"{name}_{place}_")]
                rows += [row] if row else []
        return rows

    def clean(self) -> dict[str, Any]:
        """With `option`, where the terms have no fault; each fault stands at its field."""
        given = super().clean() or {}
        if self.errors:
            return given
        plain = {name: given[name] for name in self.shape if name in LABELS and given.get(name) is not None}
        terms = Terms(
            SHAPES[self.kind].method,
            instalments=tuple(self._instalments(given)),
            milestones=tuple(self._milestones(given)),
            **plain,
        )
        for problem in refusals(terms):
            self._place(problem)
        if not self.errors:
            given["option"] = OptionContent(terms, given.get("title", ""))
        return given

    def _filled(self, given: Mapping[str, Any], name: str, parts: Iterable[str]) -> list[int]:
        """The rows that say something; later ones move up, so that the terms have no gaps."""
        self.placed[name] = [
            place
            for place in range(MOST_ROWS)
            if any(given.get(f"{name}_{place}_{part}") not in (None, "", False) for part in parts)
        ]
        return self.placed[name]

    def _instalments(self, given: Mapping[str, Any]) -> Iterable[Instalment]:
        if "instalments" not in self.shape:
            return
        for place in self._filled(given, "instalments", ("months", "won")):
            row = f"instalments_{place}"
            yield Instalment(given[f"{row}_months"] or 0, given[f"{row}_won"] or 0)

    def _milestones(self, given: Mapping[str, Any]) -> Iterable[Milestone]:
        if "milestones" not in self.shape:
            return
        places = self._filled(given, "milestones", ("words", "won", "month"))
        kept = {given[f"milestones_{place}_key"] for place in places}
        free = (key for key in map("m{}".format, range(1, 2 * MOST_ROWS)) if key not in kept)
        for place in places:
            row = f"milestones_{place}"
            words, won = given[f"{row}_words"], given[f"{row}_won"] or 0
            month, needs_sales = given[f"{row}_month"] or 0, given[f"{row}_needs_sales"]
            # A milestone keeps its key through offers and answers, so that what changed of it can be told.
            yield Milestone(given[f"{row}_key"] or next(free), words, won, month, needs_sales)

    def _place(self, problem: Problem) -> None:
        """`milestones.0.won` at the row that was the first filled one; what has no field of its own at the form."""
        name, *path = problem.field.split(".")
        field = name
        if path:
            places = self.placed.get(name, [])
            field = "_".join([name, str(places[int(path[0])]), *path[1:]])
        elif name in ROWS:
            field = f"{name}_0_{'months' if name == 'instalments' else 'words'}"
        self.add_error(field if field in self.fields else None, problem.text)


def initial_of(terms: Terms, title: str = "") -> dict[str, Any]:
    """What the form of these terms begins with; amounts that are not agreed stay empty."""
    shown: dict[str, Any] = {"title": title or str(template_of(terms).label)}
    for name in LABELS:
        value = getattr(terms, name)
        shown[name] = None if name.endswith(("_won", "_bp")) and not value else value
    for place, instalment in enumerate(terms.instalments):
        shown |= {f"instalments_{place}_months": instalment.months, f"instalments_{place}_won": instalment.won}
    for place, milestone in enumerate(terms.milestones):
        row = f"milestones_{place}"
        shown |= {f"{row}_key": milestone.key, f"{row}_words": milestone.words, f"{row}_won": milestone.won or None}
        shown |= {f"{row}_month": milestone.month, f"{row}_needs_sales": milestone.needs_sales}
    return shown


class ForecastForm(forms.Form):
    """What the firm expects to sell, year by year. Years after the last one with a figure are left out; where only the
    base is given, low and high are the same.
    """

    first_sale_on = day_field(
        label=_("First sale"), help_text=_("The day on which you expect to sell for the first time.")
    )
    discount_bp = PercentField(
        label=_("Your discount rate in percent a year"),
        help_text=_("What your money earns or costs you elsewhere, like 8. It makes later payments weigh less."),
    )
    years = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_YEARS, required=False)
    show = forms.ChoiceField(
        label=_("Shown are"),
        choices=[
            ("low", _("low sales")),
            ("base", pgettext_lazy("sales forecast", "base sales")),
            ("high", _("high sales")),
            ("none", _("no sales at all")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, years: int = LEAST_YEARS, signed_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signed_on, self.rows = signed_on, min(max(years, 1), MOST_YEARS)
        self.initial.setdefault("show", "base")
        first = self.initial.get("first_sale_on")
        for place in range(self.rows):
            for case, label in (
                (Case.LOW, _("low")),
                (Case.BASE, pgettext_lazy("sales forecast", "base")),
                (Case.HIGH, _("high")),
            ):
                year = {"number": place + 1, "case": label, "year": first.year + place if first else None}
                words = (
                    _("Sales of %(year)d, %(case)s, in won")
                    if first
                    else _("Sales of year %(number)d, %(case)s, in won")
                )
                self.fields[f"{case}_{place}"] = WonField(label=words % year, required=False)
        self.fields["years"].initial = self.rows

    def base_row(self) -> list[Any]:
        return [self[f"base_{place}"] for place in range(self.rows)]

    def ranges(self) -> list[list[Any]]:
        """Low and high of each year, which most firms leave empty."""
        return [[self[f"low_{place}"], self[f"high_{place}"]] for place in range(self.rows)]

    def says_ranges(self) -> bool:
        """Whether what is folded away is to be seen."""
        if self["discount_bp"].errors:
            return True
        return any(field.value() not in (None, "") or field.errors for row in self.ranges() for field in row)

    def clean(self) -> dict[str, Any]:
        """With `forecast`, where it has no fault."""
        given = super().clean() or {}
        if self.errors:
            return given
        last = max((place for place in range(self.rows) if given.get(f"base_{place}") is not None), default=-1)
        rows: dict[str, list[int]] = {case.value: [] for case in CASES}
        for place in range(self.rows):
            base = given.get(f"base_{place}")
            low, high = (given.get(f"{case}_{place}") for case in (Case.LOW, Case.HIGH))
            if base is None and (low is not None or high is not None):
                self.add_error(f"base_{place}", _("Give the base sales of this year, 0 if you expect none."))
            elif place <= last:
                base = base or 0
                rows["base"].append(base)
                rows["low"].append(base if low is None else low)
                rows["high"].append(base if high is None else high)
        if last < 0 and not self.errors:
            self.add_error("base_0", _("Give the sales of at least one year."))
        if not self.errors:
            self._check(given, rows)
        return given

    def _check(self, given: dict[str, Any], rows: Mapping[str, list[int]]) -> None:
        made = Forecast(
            first_sale_on=given["first_sale_on"],
            discount_bp=given["discount_bp"],
            **{name: tuple(row) for name, row in rows.items()},
        )
        for problem in check_forecast(made, self.signed_on):
            field = problem.field.replace(".", "_")
            self.add_error(field if field in self.fields else None, problem.text)
        if not self.errors:
            given["forecast"] = made


def initial_of_forecast(sales: Forecast) -> dict[str, Any]:
    shown: dict[str, Any] = {"first_sale_on": sales.first_sale_on, "discount_bp": sales.discount_bp}
    for place, (low, base, high) in enumerate(zip(sales.low, sales.base, sales.high, strict=True)):
        shown[f"base_{place}"] = base
        # Left empty where they are the base, so that another base does not collide with them.
        shown |= {f"{case}_{place}": won for case, won in (("low", low), ("high", high)) if won != base}
    return shown
