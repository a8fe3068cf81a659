"""A broker changes its own entry in the register."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, posted
from brokers.enums.registration import RegistrationState
from brokers.forms.register import EntryForm
from brokers.models import Registration
from brokers.queries.register import is_declaration_old
from brokers.services.register.edit_entry import edit_entry
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile, NotAllowed


@require_safe
def my_entries(request: SignedInRequest) -> HttpResponse:
    """The way to one's entry; a choice where there are several."""
    found = list(Registration.objects.editable_by(request.user).for_register().order_by("number"))
    open_ones = [row for row in found if row.state != RegistrationState.CANCELLED]
    if not found:
        raise NotAllowed(_("Only brokers in the register have an entry: staff of an agency, or a registered trader."))
    if len(open_ones) == 1:
        return redirect("brokers:entry", open_ones[0].number)
    return render(request, "brokers/register/entries.html", {"rows": found})


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: SignedInRequest, number: str) -> HttpResponse:
    """Whoever comes second is told what changed, with the typed text kept."""
    found = get_object_or_404(Registration.objects.visible_to(request.user).for_register(), number=number)
    if not request.user.has_perm("brokers.own_entry", found):
        raise PermissionDenied
    if found.state == RegistrationState.CANCELLED:
        return redirect("brokers:broker", found.number)
    form = EntryForm(posted(request), registration=found, user=request.user)
    status, newer = 200, None
    if request.method == "POST" and form.is_valid():
        try:
            if _saved(request, form, found):
                messages.success(request, _("Your entry is saved. Everybody reads it so now."))
                return redirect("brokers:broker", found.number)
        except ChangedMeanwhile:
            status, newer = 409, _newer(form, found)
    if form.errors:
        status = 422
    context = {
        "form": form,
        "broker": found,
        "newer": newer,
        "declaration_is_old": is_declaration_old(found, timezone.localdate()),
    }
    return render(request, "brokers/register/entry_form.html", context, status=status)


def _saved(request: SignedInRequest, form: EntryForm, found: Registration) -> Any:
    given = form.cleaned_data
    return do(
        form, edit_entry, registration=found, content=form.content(), revision=given["revision"] or 0,
        declares_conflicts=given["declares_conflicts"], by=request.user, at=timezone.now(),
    )  # fmt: skip


def _newer(form: EntryForm, found: Registration) -> list[tuple[str, str]]:
    """(label, newest text) of each field that now says otherwise than what was typed; saving again goes over it."""
    newest = Registration.objects.for_register().get(pk=found.pk)
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["revision"] = str(newest.revision)  # type: ignore[index]
    told = EntryForm(registration=newest, user=form.user)
    different = []
    for name, field in form.fields.items():
        if name in {"revision", "declares_conflicts"}:
            continue
        now, typed = told.initial[name], form.cleaned_data.get(name)
        if now != typed:
            choices = dict(getattr(field, "choices", ()))
            texts = [str(choices.get(value, value)) for value in (now if isinstance(now, list) else [now])]
            different.append((str(field.label), ", ".join(texts) or _("empty")))
    return different
