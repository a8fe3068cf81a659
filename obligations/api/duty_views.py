"""The pages of duties for programs: the same filters, forms, permissions and services."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, OpenApiTypes, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.errors import ChangedMeanwhile, DomainError
from obligations.api.duty_serializers import (
    AskIn,
    ComplianceOut,
    ComplianceQuery,
    CountIn,
    DecideIn,
    DelayIn,
    DischargeIn,
    DutyPageOut,
    DutyQuery,
    DutyRow,
    ExemptionOut,
    ExemptionQuery,
    KindQuery,
    LetterOut,
    LetterQuery,
    LetterRow,
    OverdueOut,
    RevisionIn,
    TakeBackIn,
    UndischargeIn,
    figures_out,
)
from obligations.compliance import rows, table, total
from obligations.duty_actions import ACTIONS, Given, exemption_named, require_may
from obligations.duty_forms import LetterForm, PublicForm
from obligations.exports import evidence_response, public_lines
from obligations.forms import ComplianceForm, DutyRowsForm
from obligations.history import since
from obligations.models import Exemption, Letter, Obligation
from obligations.querysets import ExemptionQuerySet, LetterQuerySet, ObligationQuerySet

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def read(form: forms.Form, request: Request, *, paged: bool = False) -> None:
    """Raise `ValidationError` for parameters that the form does not know or cannot read."""
    refuse_unknown(request, form.fields, paged=paged)
    refuse_wrong(form)


def refuse_wrong(form: forms.Form) -> None:
    if not form.is_valid():
        raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})


def compliance_form(
    request: Request, *less: str, kind: type[ComplianceForm] = ComplianceForm, paged: bool = False
) -> ComplianceForm:
    form = kind(request.query_params)
    for name in less:
        del form.fields[name]
    read(form, request, paged=paged)
    return form


class Filtered(generics.ListAPIView):
    """A list narrowed by the form of its page, which says itself what it does not know."""

    request: SignedInApiRequest
    filter_backends: list[Any] = []


@extend_schema_view(
    get=extend_schema(
        summary="Duties you may see, by date; for officers the rows behind any figure", parameters=[DutyQuery]
    )
)
class DutyRows(Filtered):
    serializer_class = DutyRow
    queryset = Obligation.objects.none()

    def get_queryset(self) -> ObligationQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Obligation.objects.none()
        form = compliance_form(self.request, "by", kind=DutyRowsForm, paged=True)
        found = rows(user=self.request.user, choice=form.choice, day=timezone.localdate(), figure=form.which)
        return found.for_list()


def visible(request: SignedInApiRequest, public_id: UUID) -> Obligation:
    return get_object_or_404(Obligation.objects.visible_to(request.user).for_page(), public_id=public_id)


def shown(request: SignedInApiRequest, duty: Obligation) -> Response:
    return Response(DutyPageOut(duty, context={"user": request.user}).data)


class DutyPage(APIView):
    @extend_schema(responses={200: DutyPageOut, 404: ErrorOut}, summary="One duty with its exemptions and its history")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, visible(request, public_id))


class DutyAction(APIView):
    """What the page of a duty does: the same form, permission and service. 409 says what changed, and by whom."""

    action: ClassVar[str]
    sent: ClassVar[type[serializers.Serializer]]

    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        duty, wanted = visible(request, public_id), ACTIONS[self.action]
        data = self.sent(data=request.data)
        exemption = exemption_named(duty, str(request.data.get("exemption", "")))
        require_may(request.user, duty, wanted, exemption)
        data.is_valid(raise_exception=True)
        files = {name: value for name, value in data.validated_data.items() if hasattr(value, "read")}
        texts = {name: str(value) for name, value in data.validated_data.items() if name not in files}
        form = wanted.form(texts, files)
        refuse_wrong(form)
        cleaned = dict(form.cleaned_data)
        revision = cleaned.pop("revision")
        try:
            wanted.run(Given(duty, cleaned, revision, request.user, timezone.now()))
        except ChangedMeanwhile as conflict:
            raise self._told(request, public_id, revision, conflict) from conflict
        return shown(request, visible(request, public_id))

    def _told(
        self, request: SignedInApiRequest, public_id: UUID, revision: int, conflict: DomainError
    ) -> ChangedMeanwhile:
        changes = since(visible(request, public_id), revision, request.user)
        if not changes:  # a revision that there has not been yet
            return ChangedMeanwhile(str(conflict))
        said = [f"{line.title} ({line.by})" if line.by else line.title for line in changes]
        return ChangedMeanwhile(_("%(told)s Since then: %(changes)s") % {"told": conflict, "changes": "; ".join(said)})


def described(sent: type[serializers.Serializer], summary: str) -> Any:
    answers = {200: DutyPageOut, **REFUSALS}
    return extend_schema_view(post=extend_schema(request=sent, responses=answers, summary=summary))


@described(DischargeIn, "Name a published technology that lists it")
class DutyDischarge(DutyAction):
    action, sent = "discharge", DischargeIn


@described(UndischargeIn, "Say that a technology does not list it")
class DutyUndischarge(DutyAction):
    action, sent = "undischarge", UndischargeIn


@described(RevisionIn, "Verify it, as an officer")
class DutyVerify(DutyAction):
    action, sent = "verify", RevisionIn


@described(DelayIn, "Accept a reason for delay, as an officer")
class DutyDelay(DutyAction):
    action, sent = "delay", DelayIn


@described(CountIn, "Say how many technologies it needs, as an officer")
class DutyCount(DutyAction):
    action, sent = "count", CountIn


@described(AskIn, "Ask for an exemption, or for the extension of the one that runs")
class DutyAsk(DutyAction):
    action, sent = "ask", AskIn
    parser_classes = [MultiPartParser]


@described(DecideIn, "Decide on an exemption, as an officer who did not ask for it")
class DutyDecide(DutyAction):
    action, sent = "decide", DecideIn


@described(TakeBackIn, "Take back an exemption that was asked for, or give up a granted one")
class DutyTakeBack(DutyAction):
    action, sent = "take_back", TakeBackIn


# --- exemptions ---


@extend_schema_view(get=extend_schema(summary="Exemptions you may see, the newest first", parameters=[ExemptionQuery]))
class ExemptionList(Filtered):
    serializer_class = ExemptionOut
    queryset = Exemption.objects.none()

    def get_queryset(self) -> ExemptionQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Exemption.objects.none()
        refuse_unknown(self.request, ExemptionQuery().fields, paged=True)
        query = ExemptionQuery(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        found = Exemption.objects.visible_to(self.request.user)
        if state := query.validated_data.get("state"):
            found = found.filter(state=state)
        if query.validated_data.get("ending"):
            found = found.ending_at(timezone.now())
        return found.for_list().order_by("-asked_at", "-pk")


class ExemptionDetail(APIView):
    @extend_schema(responses={200: ExemptionOut, 404: ErrorOut}, summary="One exemption")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = get_object_or_404(Exemption.objects.visible_to(request.user).for_list(), public_id=public_id)
        return Response(ExemptionOut(found).data)


class ExemptionEvidence(APIView):
    @extend_schema(
        responses={
            (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The file as it was sent"),
            404: ErrorOut,
        },
        summary="The evidence of an exemption; who opened it is kept",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        found = get_object_or_404(Exemption.objects.visible_to(request.user), public_id=public_id)
        return evidence_response(found, by=request.user, at=timezone.now())


# --- letters ---


@extend_schema_view(get=extend_schema(summary="Letters about duties, the newest first", parameters=[LetterQuery]))
class LetterList(Filtered):
    serializer_class = LetterRow
    queryset = Letter.objects.none()

    def get_queryset(self) -> LetterQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Letter.objects.none()
        user = self.request.user
        form = LetterForm(self.request.query_params, with_institutes=user.has_perm("obligations.see_compliance"))
        read(form, self.request, paged=True)
        return form.narrow(Letter.objects.visible_to(user)).for_list()


class LetterDetail(APIView):
    @extend_schema(responses={200: LetterOut, 404: ErrorOut}, summary="One letter with its lines")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = get_object_or_404(Letter.objects.visible_to(request.user).for_list(), public_id=public_id)
        return Response(LetterOut(found).data)


# --- figures ---


class Compliance(APIView):
    @extend_schema(
        parameters=[ComplianceQuery],
        responses={200: ComplianceOut, 400: ErrorOut, 403: ErrorOut},
        summary="What is owed and what has been done, for officers",
        description="The rows behind each figure: /duties/?figure=… with the same filters.",
    )
    def get(self, request: SignedInApiRequest) -> Response:
        if not request.user.has_perm("obligations.see_compliance"):
            raise PermissionDenied
        form, day = compliance_form(request, "figure"), timezone.localdate()
        groups = table(user=request.user, choice=form.choice, day=day, by=form.by_what)
        names: dict[Any, tuple[str, str]] = {group.key: (str(group.key), str(group.key)) for group in groups}
        if form.by_what == "institute":
            found = Organization.objects.in_bulk([group.key for group in groups])
            names = {key: (str(row.public_id), row.name) for key, row in found.items()}
        whole = figures_out(total(groups), None, "")
        lines = [figures_out(group, *names[group.key]) for group in groups]
        out = {"as_of": day, "by": form.by_what, "total": whole, "groups": lines}
        return Response(ComplianceOut(out).data)


class OverdueInstitutes(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        parameters=[KindQuery],
        responses={200: OverdueOut, 400: ErrorOut},
        summary="The public table: institutes with duties overdue a month after the letter to their head",
    )
    def get(self, request: Request) -> Response:
        form = PublicForm(request.query_params)
        read(form, request)
        day = timezone.localdate()
        return Response(OverdueOut({"as_of": day, "institutes": public_lines(form.choice, day)}).data)
