"""The calendar of a contract, the report of its use, and the rules that calendars follow."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, posted
from deals.terms import Terms
from deals.wording.terms import summary
from marketplace.core.asking import do
from marketplace.core.errors import DomainError
from notifications.services.read import mark_target_read
from royalties.forms.calendar import LateRuleForm, UsageForm
from royalties.models import LateRule
from royalties.queries import calendar as queries
from royalties.services.calendar.late_rules import write_late_rule
from royalties.services.calendar.reach import PAY_DAYS
from royalties.services.calendar.remind import ESCALATED_FROM, STEPS
from royalties.services.calendar.report_usage import report_usage
from royalties.sharing.audit import AUDIT_BP, DEDUCTED_BP, JUMP_BP, draw_number
from royalties.views.asked import require, visible_contract


@require_safe
def calendar(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Everything due under a contract, what was reported, and what the reader may do."""
    contract, user, today = visible_contract(request, public_id), request.user, timezone.localdate()
    mark_target_read(target_id=contract.public_id, by=user, at=timezone.now())
    dues = queries.dues_of(contract)
    version = contract.versions.filter(state="in_force").first()
    context = {
        "contract": contract,
        "years": queries.by_year(dues),
        "sums": queries.sums_of(dues, today),
        "terms": _in_words(version.terms) if version else "",
        "statements": queries.statements_of(contract),
        "usage": queries.usage_of(contract),
        "may_report": user.has_perm("royalties.report", contract),
        "years_to_report": queries.years_to_report(contract, today),
        "years_of_use": queries.years_of_use(contract),
        "today": today,
    }
    return render(request, "royalties/calendar/calendar.html", context)


def _in_words(terms: Any) -> str:
    """Empty for terms of another time, which nobody can read any more."""
    try:
        return summary(Terms.from_json(terms))
    except DomainError:
        return ""


@require_http_methods(["GET", "HEAD", "POST"])
def usage_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The firm says what the technology is used for. Sent twice, it is one report."""
    contract = visible_contract(request, public_id)
    require(request, "royalties.report", contract)
    years = queries.years_of_use(contract)
    form = UsageForm(posted(request), years=years, initial={"year": _year(request, years)})
    if request.method == "POST" and form.is_valid():
        given = {"contract": contract, "by": request.user, "at": timezone.now(), **form.cleaned_data}
        if do(form, report_usage, **given):
            messages.success(request, _("Thank you: the use is reported."))
            return redirect("royalties:calendar", contract.public_id)
    context = {"contract": contract, "form": form, "years": years}
    return render(request, "royalties/calendar/usage_form.html", context, status=422 if form.errors else 200)


def _year(request: SignedInRequest, years: list[int]) -> int | None:
    """The one that the address names, else the newest that is over."""
    named = request.GET.get("year", "")
    if named.isascii() and named.isdigit() and int(named) in years:
        return int(named)
    past = [year for year in years if year < timezone.localdate().year]
    return next(iter([*past, *years]), None)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: SignedInRequest) -> HttpResponse:
    """By which rules calendars are kept: for everybody to read; officers add versions of late interest."""
    may_write = request.user.is_authenticated and request.user.has_perm("royalties.write_late_rule")
    form = LateRuleForm(posted(request)) if may_write else None
    if request.method == "POST":
        require(request, "royalties.write_late_rule")
        assert form is not None
        if form.is_valid():
            given = dict(form.cleaned_data)
            made = do(
                form, write_late_rule, rate_bp=given["rate"], effective_from=given["effective_from"],
                source=given["source"], is_assumption=given["is_assumption"], by=request.user, at=timezone.now(),
            )  # fmt: skip
            if made:
                messages.success(request, _("The version was added."))
                return redirect("royalties:rules")
    number, year = request.GET.get("number", "").strip()[:20].replace("\0", ""), request.GET.get("year", "").strip()
    drawn = draw_number(number, int(year)) if number and year.isascii() and year.isdigit() and len(year) == 4 else None
    context = {
        "form": form,
        "late_rules": list(LateRule.objects.in_order())[::-1],
        "audit_bp": AUDIT_BP, "jump_bp": JUMP_BP, "deducted_bp": DEDUCTED_BP,
        "before": [-step for step in STEPS if step < 0],
        "after": [step for step in STEPS if 0 < step < ESCALATED_FROM],
        "escalated": [step for step in STEPS if step >= ESCALATED_FROM],
        "pay_days": PAY_DAYS,
        "number": number, "year": year, "drawn": drawn, "is_drawn": drawn is not None and drawn < AUDIT_BP,
    }  # fmt: skip
    return render(request, "royalties/calendar/rules.html", context, status=422 if form and form.errors else 200)
