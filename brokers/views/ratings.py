"""Ratings: what I may rate, what was said, answers to it, and what officers do with a text that was reported."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, organizations_with
from brokers.enums.register import DAYS_TO_EDIT, TextKind
from brokers.forms.register import RatingForm, TextReasonForm, WordsForm
from brokers.models import BrokeredDeal, Rating, RatingReport, RatingText
from brokers.queries.ratings import readable_texts
from brokers.querysets.ratings import deals_to_rate
from brokers.querysets.registration import governs_brokers
from brokers.services.ratings.moderate import hide_text, keep_text, report_text
from brokers.services.ratings.rate import edit_rating, is_frozen, rate, rating_organizations
from brokers.services.ratings.respond import answer_rating, reply_to_answer
from brokers.views.acting import act, allowed
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


@require_safe
def ratings(request: SignedInRequest) -> HttpResponse:
    """Closed deals to rate, and the ratings that one's organizations gave or got. Officers see all."""
    deals = deals_to_rate(BrokeredDeal.objects.visible_to(request.user), request.user)
    rows = Rating.objects.visible_to(request.user).for_list()
    context = {
        "to_rate": deals.select_related("broker").order_by("-closed_on", "-pk")[:PER_PAGE],
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "brokers/ratings/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rating_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Rate the broker of one deal. Deals of others do not exist here."""
    rows = BrokeredDeal.objects.visible_to(request.user).select_related("broker", "mandate")
    deal = get_object_or_404(rows, public_id=public_id)
    mine = organizations_with(request.user, Permission.RATE_BROKERS)
    if not mine or deals_to_rate(BrokeredDeal.objects.filter(pk=deal.pk), request.user).first() is None:
        there = Rating.objects.visible_to(request.user).filter(deal=deal, organization__in=mine).first()
        if there:
            return redirect("brokers:rating", there.public_id)
        raise PermissionDenied
    form = RatingForm(posted(request), organizations=rating_organizations(deal, mine))
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("stars", "text", "names_rater")}
        made = do(form, rate, deal=deal, organization=form.chosen, by=request.user, at=timezone.now(), **given)
        if made:
            messages.success(request, _("Thank you. Your rating is saved."))
            return redirect("brokers:rating", made.public_id)
    context = {"form": form, "deal": deal, "days": DAYS_TO_EDIT}
    return render(request, "brokers/ratings/form.html", context, status=422 if form.errors else 200)


def visible(request: SignedInRequest, public_id: UUID) -> Rating:
    return get_object_or_404(Rating.objects.visible_to(request.user).for_list(), public_id=public_id)


@require_safe
def rating(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return _show(request, found)


def _show(request: SignedInRequest, found: Rating, status: int = 200, **bound: forms.Form) -> HttpResponse:
    texts: dict[str, RatingText] = {text.kind: text for text in found.texts.all()}
    now = timezone.now()
    speaks = {
        TextKind.RATING: request.user.has_perm("brokers.edit_rating", found),
        TextKind.ANSWER: request.user.has_perm("brokers.answer_rating", found),
        TextKind.REPLY: request.user.has_perm("brokers.reply_rating", found),
    }
    open_texts = {kind: kind not in texts or not is_frozen(texts[kind], now) for kind in TextKind}
    answer, reply = texts.get(TextKind.ANSWER), texts.get(TextKind.REPLY)
    context: dict[str, Any] = {
        "rating": found,
        "texts": [(text, is_frozen(text, now)) for text in texts.values()],
        "reports": RatingReport.objects.visible_to(request.user).open().filter(text__rating=found).for_list(),
        "may_edit": speaks[TextKind.RATING] and open_texts[TextKind.RATING],
        "may_answer": speaks[TextKind.ANSWER] and open_texts[TextKind.ANSWER] and reply is None,
        "may_reply": speaks[TextKind.REPLY] and answer is not None and open_texts[TextKind.REPLY],
        "may_moderate": governs_brokers(request.user)
        and all(request.user.has_perm("brokers.moderate_text", text) for text in texts.values()),
        "answer_form": bound.get("answer")
        or WordsForm(initial={"text": answer.text if answer else ""}, auto_id="answer-%s"),
        "reply_form": bound.get("reply")
        or WordsForm(initial={"text": reply.text if reply else ""}, auto_id="reply-%s"),
        "reason_form": bound.get("reason") or TextReasonForm(),
        "bound": next(iter(bound.values()), None),
        "days": DAYS_TO_EDIT,
    }
    return render(request, "brokers/ratings/rating.html", context, status=status)


def _words(there: RatingText | None, name: str) -> WordsForm:
    return WordsForm(initial={"text": there.text if there else ""}, auto_id=f"{name}-%s")


@require_http_methods(["GET", "HEAD", "POST"])
def rating_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Change a rating within two weeks; whoever comes second is told so, with the typed text kept."""
    found = visible(request, public_id)
    allowed(request, "brokers.edit_rating", found)
    text = found.texts.get(kind=TextKind.RATING)
    start = {"stars": found.stars, "text": text.text, "names_rater": found.names_rater, "revision": found.revision}
    form = RatingForm(posted(request), initial=start)
    status, newer = 200, None
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("stars", "text", "names_rater")}
        revision = form.cleaned_data["revision"] or 0
        try:
            if do(form, edit_rating, rating=found, revision=revision, by=request.user, at=timezone.now(), **given):
                messages.success(request, _("Your rating is changed."))
                return redirect("brokers:rating", found.public_id)
        except ChangedMeanwhile:
            newest = Rating.objects.for_list().get(pk=found.pk)
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["revision"] = str(newest.revision)  # type: ignore[index]
            status, newer = 409, (newest, newest.texts.get(kind=TextKind.RATING).text)
    if form.errors:
        status = 422
    context = {"form": form, "deal": found.deal, "rating": found, "newer": newer, "days": DAYS_TO_EDIT}
    return render(request, "brokers/ratings/form.html", context, status=status)


@require_POST
def answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    allowed(request, "brokers.answer_rating", found)
    form = WordsForm(request.POST, auto_id="answer-%s")
    said = _("Your answer stands beside the rating.")
    done = act(request, form, answer_rating, said, then=("brokers:rating", found.public_id), rating=found)
    return done or _show(request, found, 422, answer=form)


@require_POST
def reply(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    allowed(request, "brokers.reply_rating", found)
    form = WordsForm(request.POST, auto_id="reply-%s")
    said = _("Your reply stands beside the answer.")
    done = act(request, form, reply_to_answer, said, then=("brokers:rating", found.public_id), rating=found)
    return done or _show(request, found, 422, reply=form)


def _text(request: SignedInRequest, public_id: UUID) -> RatingText:
    """A text that the person may read: on a public page, or as one of both sides or an officer."""
    return get_object_or_404(readable_texts(request.user), public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Tell officers that a text breaks the rules."""
    text = _text(request, public_id)
    form = TextReasonForm(posted(request))
    given = {"text": text, "by": request.user, "at": timezone.now()}
    if request.method == "POST" and form.is_valid() and do(form, report_text, **given, **form.cleaned_data):
        messages.success(request, _("Officers look at it. The text stands until they decide."))
        return redirect("brokers:register")
    context = {"form": form, "text": text, "broker": text.rating.deal.broker}
    return render(request, "brokers/ratings/report.html", context, status=422 if form.errors else 200)


@require_safe
def reported(request: SignedInRequest) -> HttpResponse:
    """What waits for an officer, the oldest first."""
    if not governs_brokers(request.user):
        raise PermissionDenied
    rows = RatingReport.objects.visible_to(request.user).open().for_list()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "brokers/ratings/reported.html", {"page": page})


@require_POST
def hide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    text = _text(request, public_id)
    allowed(request, "brokers.moderate_text", text)
    form = TextReasonForm(request.POST)
    said = _("The text is hidden. Your reason stands in its place.")
    done = act(request, form, hide_text, said, then=("brokers:rating", text.rating.public_id), text=text)
    return done or _show(request, visible(request, text.rating.public_id), 422, reason=form)


@require_POST
def keep(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    text = _text(request, public_id)
    allowed(request, "brokers.moderate_text", text)
    keep_text(text=text, by=request.user, at=timezone.now())
    messages.success(request, _("The text stands."))
    return redirect("brokers:rating", text.rating.public_id)
