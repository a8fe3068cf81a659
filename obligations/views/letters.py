"""What institutes were written, as it was written: a list, each letter to be read and printed, and the calendar."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read
from obligations.duty_forms import LetterForm
from obligations.enums import CALENDAR, DAYS_FROM_HEAD_TO_PUBLIC, DAYS_FROM_LATE_TO_HEAD
from obligations.letter_notices import HEADS_LANGUAGE, sentence_of, subject_of
from obligations.models import Letter, Obligation, Reminder
from obligations.views.duties import for_those_concerned

PER_PAGE = 50
LINES_PER_PAGE = 500


@require_safe
def letter_list(request: SignedInRequest) -> HttpResponse:
    for_those_concerned(request)
    is_officer = request.user.has_perm("obligations.see_compliance")
    form = LetterForm(request.GET, with_institutes=is_officer)
    found = form.narrow(Letter.objects.visible_to(request.user)) if form.is_valid() else Letter.objects.none()
    context = {
        "form": form,
        "page": BoundedPaginator(found.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_officer": is_officer,
        "is_narrowed": bool(without_empty(request.GET)),
        "tab": "letters",
    }
    return render_part(
        request, page="obligations/letters.html", part="obligations/partials/_letters.html", context=context
    )


@require_safe
def letter(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """In the language of its mail: the reader's own where one of the mails was in it, or the one asked for."""
    rows = Letter.objects.visible_to(request.user).select_related("institute")
    found = get_object_or_404(rows, public_id=public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    language = _language(request, found)
    lines = _lines(found)
    page = BoundedPaginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page"))
    shown = Obligation.objects.visible_to(request.user).filter(pk__in=[line.obligation_id for line in page])
    count = lines.count()
    with translation.override(language):
        text = {"subject": subject_of(found.step, count), "sentence": sentence_of(found.step)}
    context: dict[str, Any] = {
        "letter": found,
        "language": language,
        "languages": [(code, name) for code, name in settings.LANGUAGES if code in found.languages],
        "page": page,
        "open_to_reader": set(shown.values_list("pk", flat=True)),
        "is_officer": request.user.has_perm("obligations.see_compliance"),
        "tab": "letters",
        **text,
    }
    return render(request, "obligations/letter.html", context)


def _lines(found: Letter) -> QuerySet[Reminder]:
    return Reminder.objects.shown().filter(letter=found).select_related("obligation").order_by("deadline", "pk")


def _language(request: SignedInRequest, found: Letter) -> str:
    reader = get_language() or HEADS_LANGUAGE
    wanted = request.GET.get("language") or reader
    if wanted in found.languages or not found.languages:
        return wanted if wanted in dict(settings.LANGUAGES) else reader
    return reader if reader in found.languages else str(found.languages[0])


@require_safe
def calendar(request: SignedInRequest) -> HttpResponse:
    for_those_concerned(request)
    context = {
        "calendar": CALENDAR,
        "late_to_head": DAYS_FROM_LATE_TO_HEAD,
        "head_to_public": DAYS_FROM_HEAD_TO_PUBLIC,
        "is_officer": request.user.has_perm("obligations.see_compliance"),
        "tab": "letters",
    }
    return render(request, "obligations/calendar.html", context)
