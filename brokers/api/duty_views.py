"""Staff, reports, changes and warnings of brokers for programs: the services and lists of the pages."""

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.api.duty_serializers import (
    ChangeAcknowledgeIn,
    ChangeDismissIn,
    ChangeIn,
    ChangeOut,
    ChangeTellIn,
    DutiesRow,
    LicenceDecisionIn,
    LicenceIn,
    LicenceOut,
    LicenceRow,
    ReportCorrectIn,
    ReportedDealIn,
    ReportedDealOut,
    ReportOut,
    ReportRow,
    ReportSubmitIn,
    StaffAnswerIn,
    StaffEndIn,
    StaffIn,
    StaffOut,
    WarnIn,
    WarningAnswerIn,
    WarningLiftIn,
    WarningOut,
)
from brokers.api.fee_views import REFUSALS, allowed
from brokers.enums.mandates import DealOrigin
from brokers.models import (
    BrokeredDeal,
    BrokerWarning,
    ChangeNotice,
    DealReport,
    Qualification,
    Registration,
    StaffEntry,
)
from brokers.queries.duties import open_duties, registrations_of, with_duties
from brokers.services.duties.asking import reports_for
from brokers.services.duties.changes import acknowledge_change, dismiss_change, file_change
from brokers.services.duties.qualify import decide_qualification, enter_qualification
from brokers.services.duties.record_deal import record_deal
from brokers.services.duties.report import correct_report, submit_report
from brokers.services.duties.staff import answer_staff, end_staff, name_staff
from brokers.services.duties.warn import answer_warning, give_warning, lift_warning
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import OFFERED
from programmes.api.review_acting import answered

CREATED = status.HTTP_201_CREATED
TABS = ("open", "missed", "late", "below", "changes", "warned", "all")


class Listed(generics.ListAPIView):
    """A list without filters, for whoever may see its rows."""

    request: SignedInApiRequest
    filter_backends = ()

    @abstractmethod
    def rows(self) -> QuerySet[Any]:
        """What the person may see of it."""

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.all()  # type: ignore[union-attr, return-value]
        refuse_unknown(self.request, (), paged=True)
        return self.rows()


def of_programs_organization(request: SignedInApiRequest, permission: Permission) -> Organization:
    """The organization the program acts for, where it may. Raises `PermissionDenied`."""
    organization: Organization | None = getattr(request._request, "organization", None)
    if organization is None or not has_permission(request.user, permission, organization):
        raise PermissionDenied
    return organization


@extend_schema_view(get=extend_schema(summary="Your licences"))
class MyLicences(Listed):
    serializer_class = LicenceOut
    queryset = Qualification.objects.none()

    def rows(self) -> QuerySet[Qualification]:
        return Qualification.objects.filter(user=self.request.user).order_by("-created_at", "-pk")

    @extend_schema(request=LicenceIn, responses={201: LicenceOut, **REFUSALS}, summary="Enter a licence of yours")
    def post(self, request: SignedInApiRequest) -> Response:
        made = enter_qualification(**read(request, LicenceIn), by=request.user, at=timezone.now())
        return Response(LicenceOut(made).data, status=CREATED)


@extend_schema_view(get=extend_schema(summary="Licences that wait for an officer, the oldest first"))
class LicenceQueue(Listed):
    serializer_class = LicenceRow
    queryset = Qualification.objects.none()

    def rows(self) -> QuerySet[Qualification]:
        if not self.request.user.has_perm("brokers.watch_duties"):
            raise PermissionDenied
        return Qualification.objects.visible_to(self.request.user).waiting().for_list()


class LicenceDecide(APIView):
    @extend_schema(
        request=LicenceDecisionIn, responses={200: LicenceRow, **REFUSALS}, summary="Verify or reject a licence"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = Qualification.objects.visible_to(request.user).for_list()
        licence = get_object_or_404(rows, public_id=public_id)
        allowed(request, "brokers.decide_qualification", licence)
        decide_qualification(
            qualification=licence, by=request.user, at=timezone.now(), **read(request, LicenceDecisionIn)
        )
        return Response(LicenceRow(rows.get(pk=licence.pk)).data)


@extend_schema_view(get=extend_schema(summary="Staff of your agencies, and where you are named yourself"))
class StaffList(Listed):
    serializer_class = StaffOut
    queryset = StaffEntry.objects.none()

    def rows(self) -> QuerySet[StaffEntry]:
        return StaffEntry.objects.visible_to(self.request.user).for_list()

    @extend_schema(request=StaffIn, responses={201: StaffOut, **REFUSALS}, summary="Name a member as qualified staff")
    def post(self, request: SignedInApiRequest) -> Response:
        organization = of_programs_organization(request, Permission.NAME_STAFF)
        given = read(request, StaffIn)
        members = organization.memberships.active()
        person = User.objects.filter(pk__in=members.values("user"), email__iexact=given["email"]).first()
        if person is None:
            raise DomainError(_("No member of your organization has this address."), field="email")
        entry = name_staff(
            organization=organization, user=person, from_on=given["from_on"], by=request.user, at=timezone.now()
        )
        return Response(shown_entry(request, entry), status=CREATED)


def shown_entry(request: SignedInApiRequest, entry: StaffEntry) -> Any:
    return StaffOut(StaffEntry.objects.visible_to(request.user).for_list().get(pk=entry.pk)).data


def visible_entry(request: SignedInApiRequest, public_id: UUID) -> StaffEntry:
    return get_object_or_404(StaffEntry.objects.visible_to(request.user).for_list(), public_id=public_id)


class StaffAnswer(APIView):
    @extend_schema(
        request=StaffAnswerIn, responses={200: StaffOut, **REFUSALS}, summary="Confirm or decline as the person"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        entry = visible_entry(request, public_id)
        allowed(request, "brokers.answer_staff", entry)
        answer_staff(entry=entry, by=request.user, at=timezone.now(), **read(request, StaffAnswerIn))
        return Response(shown_entry(request, entry))


class StaffEnd(APIView):
    @extend_schema(request=StaffEndIn, responses={200: StaffOut, **REFUSALS}, summary="Say which day is the last")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        entry = visible_entry(request, public_id)
        allowed(request, "brokers.end_staff", entry)
        end_staff(entry=entry, by=request.user, at=timezone.now(), **read(request, StaffEndIn))
        return Response(shown_entry(request, entry))


@extend_schema_view(get=extend_schema(summary="Deal reports of your agencies; of officers those of all"))
class ReportList(Listed):
    serializer_class = ReportRow
    queryset = DealReport.objects.none()

    def rows(self) -> QuerySet[DealReport]:
        return DealReport.objects.visible_to(self.request.user).for_list()


def visible_report(request: SignedInApiRequest, public_id: UUID) -> DealReport:
    return get_object_or_404(DealReport.objects.visible_to(request.user).for_list(), public_id=public_id)


class ReportDetail(APIView):
    @extend_schema(responses={200: ReportOut, 404: ErrorOut}, summary="One report with its deals")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ReportOut(visible_report(request, public_id)).data)


class ReportSubmit(APIView):
    @extend_schema(request=ReportSubmitIn, responses={200: ReportOut, **REFUSALS}, summary="Submit the report, once")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        report = visible_report(request, public_id)
        allowed(request, "brokers.submit_report", report)
        submit_report(report=report, by=request.user, at=timezone.now(), **read(request, ReportSubmitIn))
        return Response(ReportOut(visible_report(request, public_id)).data)


class ReportCorrect(APIView):
    @extend_schema(request=ReportCorrectIn, responses={201: ReportOut, **REFUSALS}, summary="Open a correction")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        report = visible_report(request, public_id)
        allowed(request, "brokers.submit_report", report)
        made = correct_report(report=report, by=request.user, at=timezone.now(), **read(request, ReportCorrectIn))
        return Response(ReportOut(visible_report(request, made.public_id)).data, status=CREATED)


@extend_schema_view(get=extend_schema(summary="Deals that your agencies entered or made here, the latest first"))
class ReportedDeals(Listed):
    serializer_class = ReportedDealOut
    queryset = BrokeredDeal.objects.none()

    def rows(self) -> QuerySet[BrokeredDeal]:
        mine = Organization.objects.of(self.request.user).values("pk")
        return BrokeredDeal.objects.filter(broker__in=mine).order_by("-signed_on", "-pk")

    @extend_schema(
        request=ReportedDealIn, responses={201: ReportedDealOut, **REFUSALS}, parameters=[OFFERED],
        summary="Enter a deal made elsewhere",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        broker = of_programs_organization(request, Permission.REPORT_TO_OFFICE)
        given = read(request, ReportedDealIn)

        def act() -> Any:
            made = record_deal(broker=broker, origin=DealOrigin.REPORTED, by=request.user, at=timezone.now(), **given)
            return ReportedDealOut(made).data

        return answered(request, given, act, CREATED)


@extend_schema_view(get=extend_schema(summary="Changes of your brokers; of officers those of all"))
class ChangeList(Listed):
    serializer_class = ChangeOut
    queryset = ChangeNotice.objects.none()

    def rows(self) -> QuerySet[ChangeNotice]:
        return ChangeNotice.objects.visible_to(self.request.user).for_list()

    @extend_schema(request=ChangeIn, responses={201: ChangeOut, **REFUSALS}, summary="Tell a change to the office")
    def post(self, request: SignedInApiRequest) -> Response:
        mine = [row for row in registrations_of(request.user) if reports_for(request.user, row)]
        if not mine:
            raise PermissionDenied
        given = read(request, ChangeIn)
        wanted = given.pop("broker", None)
        chosen = [row for row in mine if row.public_id == wanted] if wanted else mine
        if len(chosen) != 1:
            raise DomainError(_("Say for which of your brokers."), field="broker")
        made = file_change(registration=chosen[0], by=request.user, at=timezone.now(), **given)
        return Response(ChangeOut(made).data, status=CREATED)


def visible_change(request: SignedInApiRequest, public_id: UUID) -> ChangeNotice:
    return get_object_or_404(ChangeNotice.objects.visible_to(request.user).for_list(), public_id=public_id)


class ChangeDetail(APIView):
    @extend_schema(responses={200: ChangeOut, 404: ErrorOut}, summary="One change")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ChangeOut(visible_change(request, public_id)).data)


class ChangeTell(APIView):
    @extend_schema(request=ChangeTellIn, responses={200: ChangeOut, **REFUSALS}, summary="Tell what was suggested")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        notice = visible_change(request, public_id)
        allowed(request, "brokers.file_change", notice)
        given = read(request, ChangeTellIn)
        file_change(
            registration=notice.registration, suggestion=notice, by=request.user, at=timezone.now(), **given
        )  # fmt: skip
        return Response(ChangeOut(visible_change(request, public_id)).data)


class ChangeDismiss(APIView):
    @extend_schema(
        request=ChangeDismissIn, responses={200: ChangeOut, **REFUSALS}, summary="Say that it need not be told"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        notice = visible_change(request, public_id)
        allowed(request, "brokers.file_change", notice)
        dismiss_change(notice=notice, by=request.user, at=timezone.now(), **read(request, ChangeDismissIn))
        return Response(ChangeOut(visible_change(request, public_id)).data)


class ChangeAcknowledge(APIView):
    @extend_schema(
        request=ChangeAcknowledgeIn, responses={200: ChangeOut, **REFUSALS}, summary="Acknowledge, as officer"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        notice = visible_change(request, public_id)
        allowed(request, "brokers.acknowledge_change", notice)
        acknowledge_change(notice=notice, by=request.user, at=timezone.now(), **read(request, ChangeAcknowledgeIn))
        return Response(ChangeOut(visible_change(request, public_id)).data)


@extend_schema_view(get=extend_schema(summary="Warnings of your brokers; of officers those of all"))
class WarningList(Listed):
    serializer_class = WarningOut
    queryset = BrokerWarning.objects.none()

    def rows(self) -> QuerySet[BrokerWarning]:
        return BrokerWarning.objects.visible_to(self.request.user).for_list()


def visible_warning(request: SignedInApiRequest, public_id: UUID) -> BrokerWarning:
    return get_object_or_404(BrokerWarning.objects.visible_to(request.user).for_list(), public_id=public_id)


class WarningAnswer(APIView):
    @extend_schema(
        request=WarningAnswerIn, responses={200: WarningOut, **REFUSALS}, summary="Answer as the broker, once"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible_warning(request, public_id)
        allowed(request, "brokers.answer_warning", found)
        answer_warning(warning=found, by=request.user, at=timezone.now(), **read(request, WarningAnswerIn))
        return Response(WarningOut(visible_warning(request, public_id)).data)


class WarningLift(APIView):
    @extend_schema(request=WarningLiftIn, responses={200: WarningOut, **REFUSALS}, summary="Lift it, as officer")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible_warning(request, public_id)
        allowed(request, "brokers.lift_warning", found)
        lift_warning(warning=found, by=request.user, at=timezone.now(), **read(request, WarningLiftIn))
        return Response(WarningOut(visible_warning(request, public_id)).data)


@extend_schema_view(
    get=extend_schema(
        summary="Brokers with something open, for officers",
        parameters=[OpenApiParameter("show", str, enum=TABS, description="Without it everything that is open.")],
    )
)
class DutiesList(Listed):
    serializer_class = DutiesRow
    queryset = Registration.objects.none()

    def get_queryset(self) -> QuerySet[Registration]:
        if getattr(self, "swagger_fake_view", False):
            return Registration.objects.none()
        if not self.request.user.has_perm("brokers.watch_duties"):
            raise PermissionDenied
        refuse_unknown(self.request, ("show",), paged=True)
        show = self.request.query_params.get("show", "open")
        if show not in TABS:
            raise DomainError(_("There is no such list."), field="show")
        return open_duties(with_duties(timezone.localdate()), show)


class Warn(APIView):
    @extend_schema(request=WarnIn, responses={201: WarningOut, **REFUSALS}, summary="Warn a broker, as officer")
    def post(self, request: Request, public_id: UUID) -> Response:
        if not request.user.has_perm("brokers.watch_duties"):
            raise PermissionDenied
        found = get_object_or_404(Registration.objects.select_related("organization", "user"), public_id=public_id)
        if not request.user.has_perm("brokers.warn", found):
            raise PermissionDenied
        user = request.user
        assert isinstance(user, User)
        made = give_warning(registration=found, by=user, at=timezone.now(), **read(request, WarnIn))
        return Response(WarningOut(made).data, status=CREATED)
