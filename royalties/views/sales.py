"""Sales statements: the firm reports and corrects, the holder accepts or asks."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from deals.models import Contract
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile
from marketplace.core.exports import csv_response
from notifications.services.read import mark_target_read
from royalties.exports.calendar import line_cells
from royalties.forms.calendar import CheckForm, SalesForm
from royalties.models import SalesStatement
from royalties.queries import calendar as queries
from royalties.services.calendar.check_sales import accept, question
from royalties.services.calendar.report_sales import report_sales
from royalties.views.asked import require, visible_contract, visible_statement
from royalties.wording.calendar import FLAGS


@require_http_methods(["GET", "HEAD", "POST"])
def statement_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Report a year, or correct it: `?year=` names it. Sent twice, it is one statement."""
    contract, today, now = visible_contract(request, public_id), timezone.localdate(), timezone.now()
    require(request, "royalties.report", contract)
    before = _before(request, contract)
    status, clash = None, False
    if request.method == "POST":
        form = SalesForm(request.POST, request.FILES, contract=contract, day=today)
        if form.is_valid():
            try:
                reported = do(form, report_sales, contract=contract, by=request.user, at=now, **form.given)
            except ChangedMeanwhile as refusal:
                # What was typed stays beside what came between; sent once more, it corrects that.
                reported, status, clash = None, refusal.status, True
                before = _counting(contract, form.cleaned_data["year"])
                form.add_error(None, str(refusal))
                typed = request.POST.copy()
                typed["seen"] = str(before.serial if before else 0)
                form.data = typed
            if reported is not None:
                messages.success(request, _("The sales of %(year)d are reported.") % {"year": reported.statement.year})
                return redirect("royalties:sales", reported.statement.public_id)
    else:
        form = SalesForm(contract=contract, day=today, initial=_filled(request, before))
    context = {
        "contract": contract, "form": form, "before": before, "clash": clash,
        "years": queries.years_to_report(contract, today),
    }  # fmt: skip
    status = status or (422 if form.errors else 200)
    return render(request, "royalties/calendar/statement_form.html", context, status=status)


def _named_year(request: SignedInRequest) -> int | None:
    named = (request.GET if request.method == "GET" else request.POST).get("year", "")
    return int(named) if named.isascii() and named.isdigit() and len(named) == 4 else None


def _before(request: SignedInRequest, contract: Contract) -> SalesStatement | None:
    year = _named_year(request)
    return _counting(contract, year) if year else None


def _counting(contract: Contract, year: int) -> SalesStatement | None:
    return SalesStatement.objects.filter(contract=contract, year=year).counting().first()


def _filled(request: SignedInRequest, before: SalesStatement | None) -> dict[str, Any]:
    filled: dict[str, Any] = {"year": _named_year(request), "seen": 0}
    if before is not None:
        filled |= {"gross_won": before.gross_won, "deductions_won": before.deductions_won, "seen": before.serial}
    return {name: value for name, value in filled.items() if value is not None}


@require_safe
def statement_page(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    statement = visible_statement(request, public_id)
    mark_target_read(target_id=statement.contract.public_id, by=request.user, at=timezone.now())
    return _show(request, statement, CheckForm())


def _show(request: SignedInRequest, statement: SalesStatement, form: CheckForm) -> HttpResponse:
    user, contract = request.user, statement.contract
    reports = user.has_perm("royalties.report", contract)
    flags = queries.flags_of(statement, for_firm=reports)
    context = {
        "statement": statement, "contract": contract, "form": form,
        "flags": [FLAGS[flag] for flag in flags],
        "others": queries.statements_of(contract).filter(year=statement.year).exclude(pk=statement.pk),
        "may_check": user.has_perm("royalties.check", contract) and statement.state in ("reported", "questioned"),
        "may_ask": statement.state == "reported",
        "may_correct": reports and statement.state != "corrected",
        "lines": statement.lines[:100], "many_lines": len(statement.lines),
    }  # fmt: skip
    return render(request, "royalties/calendar/statement.html", context, status=422 if form.errors else 200)


@require_safe
def statement_lines(request: SignedInRequest, public_id: UUID) -> StreamingHttpResponse:
    """The lines as CSV, all of them."""
    statement = visible_statement(request, public_id)
    name = f"sales-{statement.contract.number}-{statement.year}-{statement.serial}.csv"
    return csv_response(name, line_cells(statement))


@require_POST
def statement_accept(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _check(request, public_id, accept, _("The statement was accepted."))


@require_POST
def statement_question(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _check(request, public_id, question, _("Your question was sent to the firm."))


def _check(request: SignedInRequest, public_id: UUID, service: Any, thanks: str) -> HttpResponse:
    statement = visible_statement(request, public_id)
    require(request, "royalties.check", statement.contract)
    form = CheckForm(request.POST)
    if form.is_valid() and do(
        form, service, statement=statement, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, thanks)
        return redirect("royalties:sales", statement.public_id)
    return _show(request, statement, form)
