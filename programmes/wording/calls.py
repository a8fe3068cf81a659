"""A call in words: what one gets, pays and has to be, as pages and exports say it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from marketplace.core.money import in_percent, share_rounded_down, won
from marketplace.core.templatetags.faces import in_kst
from programmes.eligibility import label_of
from programmes.enums.calls import CallState
from programmes.models import Call, CallVersion
from programmes.scheme import Scheme
from programmes.scheme.checks import CLOCKS, clock_label

EXAMPLE_WON = 30_000_000
"""The supply price that the example of the own share is computed with."""


@dataclass(frozen=True)
class BandRow:
    """A band as a line of the table: its sales, its own share, and what both sides pay of `EXAMPLE_WON`."""

    sales: str
    share: str
    own_won: int
    government_won: int


def percent(bp: int) -> str:
    return f"{in_percent(bp).rstrip('0').rstrip('.')} %"


def unused_words(bp: int | None, years: int | None) -> str:
    """What comes of leaving more than `bp` of a voucher unused; empty where nothing does."""
    if bp is None or not years:
        return ""
    return ngettext(
        "If more than %(rate)s of the voucher is left unused, the firm may not apply in the next %(years)d calendar"
        " year.",
        "If more than %(rate)s of the voucher is left unused, the firm may not apply in the next %(years)d calendar"
        " years.",
        years,
    ) % {"rate": percent(bp), "years": years}


def bands_of(scheme: Scheme) -> list[BandRow]:
    rows: list[BandRow] = []
    for band in scheme.bands:
        sales = _("Any sales above") if rows else _("Any sales")
        if band.sales_up_to_won is not None:
            sales = _("Up to %(most)s") % {"most": won(band.sales_up_to_won)}
        government = min(share_rounded_down(EXAMPLE_WON, 10_000 - band.own_bp), scheme.caps.award_won)
        rows.append(BandRow(sales, percent(band.own_bp), EXAMPLE_WON - government, government))
    return rows


def conditions_of(scheme: Scheme) -> list[str]:
    return [label_of(condition) for condition in scheme.conditions]


def phase(call: Call, at: datetime) -> str:
    """Where the call stands for who might apply: coming, open, closed; or its state, where that says more."""
    if call.state != CallState.PUBLISHED:
        return str(call.state)
    return "coming" if at < call.opens_at else "open" if at < call.closes_at else "closed"


def phase_label(call: Call, at: datetime) -> str:
    labels = {"coming": _("Opens soon"), "open": _("Open now"), "closed": _("Under review")}
    return labels.get(phase(call, at)) or str(call.get_state_display())


def when(call: Call, at: datetime) -> str:
    """How long it is until it opens or closes, with the hour in Korea; empty where it is over."""
    found = phase(call, at)
    if found not in {"coming", "open"}:
        return ""
    moment = timezone.localtime(call.opens_at if found == "coming" else call.closes_at)
    days = (timezone.localdate(moment) - timezone.localdate(at)).days
    said = {"n": days, "time": f"{moment:%H:%M}"}
    if found == "coming":
        return _("opens today, %(time)s KST") % said if days == 0 else (
            ngettext("opens in %(n)d day, %(time)s KST", "opens in %(n)d days, %(time)s KST", days) % said
        )  # fmt: skip
    if days == 0:
        return _("closes today, %(time)s KST") % said
    return ngettext("closes in %(n)d day, %(time)s KST", "closes in %(n)d days, %(time)s KST", days) % said


@dataclass(frozen=True)
class Difference:
    what: str
    before: str
    after: str


def differences(before: CallVersion, after: CallVersion) -> list[Difference]:
    """What the later version says otherwise, line by line."""
    old, new = _lines(before), _lines(after)
    return [
        Difference(what, old.get(what, "–"), new.get(what, "–"))
        for what in [*old, *(what for what in new if what not in old)]
        if old.get(what) != new.get(what)
    ]


def _lines(version: CallVersion) -> dict[str, str]:
    """All that a version says, as labelled lines."""
    scheme, terms = version.scheme, version.terms
    lines = {
        _("Title in Korean"): terms.title_ko, _("Title in English"): terms.title_en,
        _("Title in Chinese"): terms.title_zh, _("Budget (won)"): won(terms.budget_won),
        _("Opens"): in_kst(terms.opens_at),
        _("Closes"): in_kst(terms.closes_at),
        _("Notice in Korean"): scheme.notice.ko, _("Notice in English"): scheme.notice.en,
        _("Notice in Chinese"): scheme.notice.zh, _("Source"): scheme.source,
        _("One award at most (won)"): won(scheme.caps.award_won),
        _("All awards of one firm at most (won)"): won(scheme.caps.firm_won) if scheme.caps.firm_won else "–",
        _("Points to pass"): str(scheme.pass_points), _("Places on the reserve list"): str(scheme.reserve_places),
        _("Services one firm takes at most"): str(scheme.most_services),
        _("Unused rate in percent"): percent(scheme.unused_bp),
        pgettext("call", "Conditions"): "; ".join(conditions_of(scheme)),
        _("Bands of the own share"): "; ".join(f"{row.sales}: {row.share}" for row in bands_of(scheme)),
    }  # fmt: skip
    lines |= {clock_label(name): str(getattr(scheme.days, name)) for name in CLOCKS}
    lines[clock_label("barred_years")] = str(scheme.barred_years)
    for title, rows in (
        (_("Services"), scheme.menu), (_("Papers"), scheme.papers), (pgettext("call", "Steps"), scheme.stages),
        (_("Criteria of the panel"), scheme.criteria),
    ):  # fmt: skip
        for row in rows:
            said = asdict(row)
            words = said.pop("words")
            others = ", ".join(str(value) for name, value in said.items() if name != "key" and value not in {None, ""})
            lines[f"{title}: {row.key}"] = f"{words['ko']} / {words['en']} / {words['zh']} ({others})"
    return lines
