"""Calls for programs of officers: begun, written section by section, published, cancelled, closed as on the pages."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from programmes.api.office_call_bodies import (
    BODIES,
    CallBeginIn,
    CallCancelIn,
    CallPublishIn,
    OfficeCallOut,
    OfficeCallRow,
    said_of,
    section_given,
    section_shown,
    typed,
)
from programmes.api.review_acting import REFUSALS, answered, described
from programmes.api.review_serializers import NothingIn
from programmes.enums.calls import CallState, VersionState
from programmes.forms.call_sections import Section
from programmes.forms.calls import BeginForm
from programmes.models import Call, CallVersion
from programmes.models.calls import Terms
from programmes.services.calls import end
from programmes.services.calls.publish import NotReady, publish, what_is_missing
from programmes.services.calls.write import begin, next_version, save


def offices_of(request: SignedInApiRequest) -> list[Organization]:
    """Where the person runs calls. Raises `PermissionDenied` where that is nowhere."""
    offices = organizations_with(request.user, Permission.RUN_CALLS)
    if not offices:
        raise PermissionDenied
    return offices


def own_call(request: SignedInApiRequest, number: str) -> Call:
    """A call that the officer works on; of another office it may be seen, and not worked on (403)."""
    offices_of(request)
    rows = Call.objects.visible_to(request.user).select_related("office", "current__call")
    found = get_object_or_404(rows, number=number)
    if not has_permission(request.user, Permission.RUN_CALLS, found.office):
        raise PermissionDenied
    return found


def draft_of(call: Call) -> CallVersion | None:
    if call.state not in {CallState.DRAFT, CallState.PUBLISHED}:
        return None
    drafts = call.versions.filter(state=VersionState.DRAFT)
    return drafts.select_related("call__office", "call__current__call").first()


def shown(request: SignedInApiRequest, number: str) -> Any:
    """The call as it is in the database now."""
    call = own_call(request, number)
    draft, call.draft = draft_of(call), None  # type: ignore[attr-defined]
    if draft is not None:
        mine = draft.writings.filter(written_by=request.user).exists()
        draft.wrote_it = mine or draft.written_by_id == request.user.pk  # type: ignore[attr-defined]
        draft.missing = what_is_missing(draft, timezone.now())  # type: ignore[attr-defined]
        call.draft = draft  # type: ignore[attr-defined]
    call._prefetched_objects_cache = {"versions": call.versions.order_by("-serial")}  # type: ignore[attr-defined]
    return OfficeCallOut(call).data


@extend_schema_view(get=extend_schema(summary="Calls of your offices, drafts and rehearsals too, the newest first"))
class OfficeCalls(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = OfficeCallRow
    filter_backends = ()
    queryset = Call.objects.none()

    def get_queryset(self) -> QuerySet[Call]:
        if getattr(self, "swagger_fake_view", False):
            return Call.objects.none()
        refuse_unknown(self.request, (), paged=True)
        rows = Call.objects.visible_to(self.request.user).filter(office__in=offices_of(self.request))
        return rows.select_related("office").order_by("-pk")

    @extend_schema(
        request=CallBeginIn, responses={201: OfficeCallOut, **REFUSALS}, parameters=[NEEDED],
        summary="Begin a call as a draft, from nothing or from an older one",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        offices = offices_of(request)
        body = read(request, CallBeginIn)
        needed_key(request)
        older = _older(request, body.get("copy_of"))
        form = BeginForm(_as_typed(request, body, older, offices), offices=offices)
        if not form.is_valid():
            raise ValidationError(said_of(form))
        given = {name: form.cleaned_data[name] for name in ("office", "kind", "is_rehearsal")}
        scheme = older.scheme if older else None

        def act() -> Any:
            terms = Terms(**form.terms)
            made = begin(**given, terms=terms, scheme=scheme, by=request.user, at=timezone.now())
            return shown(request, made.number)

        return answered(request, body, act, status.HTTP_201_CREATED)


def _older(request: SignedInApiRequest, number: str | None) -> CallVersion | None:
    """What a new call begins with. Raises `DomainError` where there is no such call."""
    if number is None:
        return None
    call = Call.objects.visible_to(request.user).select_related("current__call").filter(number=number).first()
    version = call and (call.current or call.versions.select_related("call").order_by("-serial").first())
    if version is None:
        raise DomainError(_("There is no such call."), field="copy_of")
    return version


def _as_typed(
    request: SignedInApiRequest, body: dict[str, Any], older: CallVersion | None, offices: list[Organization]
) -> dict[str, Any]:
    """The body in the words of the form; what is not said comes from the older call."""
    current = getattr(request._request, "organization", None)
    office = current if current in offices else offices[0]
    begun: dict[str, Any] = {"office": office.public_id, "key": needed_key(request)}
    if older is not None:
        kept = {name: value for name, value in asdict(older.terms).items() if not name.endswith("_at")}
        begun |= {**kept, "kind": older.call.kind}
    return typed(BeginForm(offices=offices), begun | body)


class OfficeCall(APIView):
    @extend_schema(
        responses={200: OfficeCallOut, 403: ErrorOut, 404: ErrorOut},
        summary="A call of your office: its versions, its draft, and what stops that from being published",
    )
    def get(self, request: SignedInApiRequest, number: str) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, number))


class CallAct(APIView):
    """Something done to a call, and the call after it; under a key it is done once."""

    body: ClassVar[type[Any]] = NothingIn
    service: ClassVar[Callable[..., Any]]

    def act(self, request: SignedInApiRequest, number: str) -> Response:
        call, body = own_call(request, number), read(request, self.body)

        def act() -> Any:
            type(self).service(call=call, by=request.user, at=timezone.now(), **body)
            return shown(request, number)

        return answered(request, body, act)


class CallNext(CallAct):
    service = staticmethod(next_version)

    @described(NothingIn, OfficeCallOut, "Begin the next version of a published call; the draft there is, if any")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        return self.act(request, number)


class CallCancel(CallAct):
    body, service = CallCancelIn, staticmethod(end.cancel)

    @described(CallCancelIn, OfficeCallOut, "Throw a draft away, or take a published call back, with a reason")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        return self.act(request, number)


class CallClose(CallAct):
    service = staticmethod(end.close)

    @described(NothingIn, OfficeCallOut, "Close a decided call for good; its reserve list ends")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        return self.act(request, number)


def published(request: SignedInApiRequest, number: str, body: dict[str, Any]) -> Any:
    call = own_call(request, number)
    draft = draft_of(call)
    if draft is None:
        raise Http404
    publish(version=draft, by=request.user, at=timezone.now(), **body)
    return shown(request, number)


class CallPublish(APIView):
    @described(CallPublishIn, OfficeCallOut, "Publish the draft, as an officer who did not write in it")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        own_call(request, number)
        body = read(request, CallPublishIn)
        try:
            return answered(request, body, lambda: published(request, number, body))
        except NotReady as error:
            problems = [
                {"field": each.section, "code": error.code, "message": each.text, "value": None}
                for each in error.problems
            ]
            said = {"code": error.code, "detail": str(error), "errors": problems}
            return Response(said, status=error.status)


def section_view(section: Section) -> type[APIView]:
    """The endpoint of one section of the draft."""
    body = BODIES[section.key]

    class CallSection(APIView):
        @extend_schema(
            responses={200: body, 403: ErrorOut, 404: ErrorOut}, summary=f"The draft of a call: its {section.key}"
        )
        def get(self, request: SignedInApiRequest, number: str) -> Response:
            refuse_unknown(request, ())
            return Response(section_shown(section, _draft(request, number)))

        @extend_schema(
            request=body, responses={200: body, **REFUSALS}, parameters=[OFFERED],
            summary=f"Write the {section.key} of the draft, whole",
            description="Who writes in a draft does not publish it. 409 where somebody wrote in it since `revision`.",
        )  # fmt: skip
        def put(self, request: SignedInApiRequest, number: str) -> Response:
            own_call(request, number)
            given = read(request, body)

            def act() -> Any:
                draft = _draft(request, number)
                said, revision = section_given(section, draft, given)
                written = save(version=draft, revision=revision, by=request.user, at=timezone.now(), **said)
                return section_shown(section, written)

            return answered(request, given, act)

    return CallSection


def _draft(request: SignedInApiRequest, number: str) -> CallVersion:
    draft = draft_of(own_call(request, number))
    if draft is None:
        raise Http404
    return draft
