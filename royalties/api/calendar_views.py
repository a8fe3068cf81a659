from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, permissions, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from deals.api.request_views import REFUSALS, acting_organization
from deals.models import Contract
from marketplace.core.api import ErrorOut, refuse_unknown
from royalties.api.calendar_serializers import (
    CalendarOut,
    CheckIn,
    DueOut,
    DueRow,
    LateRuleIn,
    LateRuleOut,
    QuestionIn,
    ReachedDecideIn,
    ReachedIn,
    ReachedOut,
    ReasonIn,
    StatementIn,
    StatementOut,
    StatementRow,
    UsageIn,
    UsageOut,
    WaiveIn,
    WorkOut,
)
from royalties.filters.calendar import DueFilter
from royalties.models import Due, LateRule, ReachedReport, SalesStatement
from royalties.queries import calendar as queries
from royalties.services.calendar.check_sales import accept, question
from royalties.services.calendar.late_rules import write_late_rule
from royalties.services.calendar.reach import confirm_reached, extend_start, refuse_reached, report_reached
from royalties.services.calendar.report_sales import report_sales
from royalties.services.calendar.report_usage import report_usage
from royalties.services.calendar.waive import waive

SEEN = {404: ErrorOut}


def visible_contract(request: SignedInApiRequest, public_id: UUID) -> Contract:
    rows = Contract.objects.visible_to(request.user).concluded().for_page()
    return get_object_or_404(rows, public_id=public_id)


def visible_due(request: SignedInApiRequest, public_id: UUID) -> Due:
    return get_object_or_404(Due.objects.visible_to(request.user).for_page(), public_id=public_id)


def visible_statement(request: SignedInApiRequest, public_id: UUID) -> SalesStatement:
    rows = SalesStatement.objects.visible_to(request.user).for_page().select_related("contract__negotiation")
    return get_object_or_404(rows, public_id=public_id)


def visible_reached(request: SignedInApiRequest, public_id: UUID) -> ReachedReport:
    rows = ReachedReport.objects.visible_to(request.user).select_related("due__contract__firm", "due__contract__holder")
    return get_object_or_404(rows, public_id=public_id)


def require(request: SignedInApiRequest, permission: str, contract: Contract | None = None) -> None:
    if not request.user.has_perm(permission, contract):
        raise PermissionDenied


def given(request: SignedInApiRequest, serializer: Any) -> dict[str, Any]:
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


def statement_out(request: SignedInApiRequest, statement: SalesStatement) -> Any:
    return StatementOut(statement, context={"user": request.user}).data


@extend_schema_view(get=extend_schema(summary="What is due under your organization's contracts, by its day"))
class DueList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = DueRow
    filterset_class = DueFilter
    queryset = Due.objects.none()

    def get_queryset(self) -> QuerySet[Due]:
        if getattr(self, "swagger_fake_view", False):
            return Due.objects.none()
        here = acting_organization(self.request)
        rows = Due.objects.for_list().select_related("version")
        return rows.of(here) if here else rows.none()


class DueDetail(APIView):
    @extend_schema(responses={200: DueOut, **SEEN}, summary="One due with what was reported and charged")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(DueOut(visible_due(request, public_id)).data)


class DueWaive(APIView):
    @extend_schema(request=WaiveIn, responses={200: DueOut, **REFUSALS}, summary="Waive it as the holder's manager")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        due = visible_due(request, public_id)
        require(request, "royalties.waive", due.contract)
        done = waive(due=due, by=request.user, at=timezone.now(), **given(request, WaiveIn))
        return Response(DueOut(done).data)


class DueReached(APIView):
    @extend_schema(request=ReachedIn, responses={200: ReachedOut, **REFUSALS}, summary="Report that it was reached")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        due = visible_due(request, public_id)
        require(request, "royalties.report", due.contract)
        report = report_reached(due=due, by=request.user, at=timezone.now(), **given(request, ReachedIn))
        return Response(ReachedOut(report).data)


class DueExtend(APIView):
    @extend_schema(request=ReasonIn, responses={200: DueOut, **REFUSALS}, summary="Say why production starts later")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        due = visible_due(request, public_id)
        require(request, "royalties.report", due.contract)
        done = extend_start(due=due, by=request.user, at=timezone.now(), **given(request, ReasonIn))
        return Response(DueOut(done).data)


class ReachedConfirm(APIView):
    @extend_schema(request=ReachedDecideIn, responses={200: ReachedOut, **REFUSALS}, summary="Confirm what was reached")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        report = visible_reached(request, public_id)
        require(request, "royalties.check", report.due.contract)
        done = confirm_reached(report=report, by=request.user, at=timezone.now(), **given(request, ReachedDecideIn))
        return Response(ReachedOut(done).data)


class ReachedRefuse(APIView):
    @extend_schema(request=QuestionIn, responses={200: ReachedOut, **REFUSALS}, summary="Do not confirm it")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        report = visible_reached(request, public_id)
        require(request, "royalties.check", report.due.contract)
        done = refuse_reached(report=report, by=request.user, at=timezone.now(), **given(request, QuestionIn))
        return Response(ReachedOut(done).data)


class CalendarOfContract(APIView):
    @extend_schema(responses={200: CalendarOut, **SEEN}, summary="Everything due under a contract")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        contract = visible_contract(request, public_id)
        dues = queries.dues_of(contract)
        for due in dues:
            due.contract = contract
        sums = queries.sums_of(dues, timezone.localdate())
        return Response(CalendarOut({"contract": contract, "sums": sums, "dues": dues}).data)


class StatementList(APIView):
    @extend_schema(responses={200: StatementRow(many=True), **SEEN}, summary="Sales statements, corrected ones too")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        rows = queries.statements_of(visible_contract(request, public_id))
        return Response(StatementRow(rows, many=True).data)

    @extend_schema(
        request=StatementIn,
        responses={200: StatementOut, 201: StatementOut, **REFUSALS},
        summary="Report the sales of a year, or correct them",
        description="201 for a new statement; 200 when the same figures and words stand already.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible_contract(request, public_id)
        require(request, "royalties.report", contract)
        reported = report_sales(contract=contract, by=request.user, at=timezone.now(), **given(request, StatementIn))
        statement = visible_statement(request, reported.statement.public_id)
        code = status.HTTP_201_CREATED if reported.is_new else status.HTTP_200_OK
        return Response(statement_out(request, statement), status=code)


class StatementDetail(APIView):
    @extend_schema(responses={200: StatementOut, **SEEN}, summary="One sales statement with its lines and flags")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(statement_out(request, visible_statement(request, public_id)))


class StatementAccept(APIView):
    @extend_schema(request=CheckIn, responses={200: StatementOut, **REFUSALS}, summary="Accept it as the holder")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        statement = visible_statement(request, public_id)
        require(request, "royalties.check", statement.contract)
        accept(statement=statement, by=request.user, at=timezone.now(), **given(request, CheckIn))
        return Response(statement_out(request, visible_statement(request, public_id)))


class StatementQuestion(APIView):
    @extend_schema(request=QuestionIn, responses={200: StatementOut, **REFUSALS}, summary="Ask the firm about it")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        statement = visible_statement(request, public_id)
        require(request, "royalties.check", statement.contract)
        question(statement=statement, by=request.user, at=timezone.now(), **given(request, QuestionIn))
        return Response(statement_out(request, visible_statement(request, public_id)))


class UsageList(APIView):
    @extend_schema(responses={200: UsageOut(many=True), **SEEN}, summary="What the technology was used for, by year")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        rows = queries.usage_of(visible_contract(request, public_id))
        return Response(UsageOut(rows, many=True).data)

    @extend_schema(request=UsageIn, responses={200: UsageOut, **REFUSALS}, summary="Report the use of a year")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible_contract(request, public_id)
        require(request, "royalties.report", contract)
        report = report_usage(contract=contract, by=request.user, at=timezone.now(), **given(request, UsageIn))
        return Response(UsageOut(report).data)


class Work(APIView):
    @extend_schema(responses={200: WorkOut, 403: ErrorOut}, summary="What waits, money due and received, by stage")
    def get(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        here, today = acting_organization(request), timezone.localdate()
        if here is None or not request.user.has_perm("royalties.see_work", here):
            raise PermissionDenied
        found = {
            "waiting": queries.waiting_on(request.user, here, today=today),
            "money": queries.money_by_year(here, today),
            "stages": queries.stages(here, request.user),
        }
        return Response(WorkOut(found).data)


class LateRules(APIView):
    permission_classes = [permissions.IsAuthenticatedOrReadOnly]

    @extend_schema(responses={200: LateRuleOut(many=True)}, summary="Interest on what is paid late, by versions")
    def get(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        return Response(LateRuleOut(LateRule.objects.in_order(), many=True).data)

    @extend_schema(request=LateRuleIn, responses={200: LateRuleOut, **REFUSALS}, summary="Add a version as an officer")
    def post(self, request: SignedInApiRequest) -> Response:
        require(request, "royalties.write_late_rule")
        rule = write_late_rule(by=request.user, at=timezone.now(), **given(request, LateRuleIn))
        return Response(LateRuleOut(rule).data)
