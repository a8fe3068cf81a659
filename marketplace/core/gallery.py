"""All components with their states on one page, for whoever builds pages. Not served in production."""

from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SampleForm(forms.Form):
    title = forms.CharField(label=_("Title"), help_text=_("One sentence a company understands."))
    stage = forms.ChoiceField(label=_("Stage"), choices=[("", "–"), ("4", "TRL 4"), ("7", "TRL 7")])
    summary = forms.CharField(label=_("Summary"), widget=forms.Textarea, required=False)
    price_won = forms.IntegerField(label=_("Price"), required=False, min_value=0)
    on = forms.DateField(label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    kinds = forms.MultipleChoiceField(
        label=_("Kind of deal"),
        choices=[("a", _("Assignment")), ("b", _("Exclusive licence")), ("c", _("Non-exclusive licence"))],
        widget=forms.CheckboxSelectMultiple,
    )
    rate = forms.ChoiceField(
        label=_("Mail"), choices=[("1", _("At once")), ("2", _("Daily"))], widget=forms.RadioSelect
    )
    file = forms.FileField(label=_("File"), help_text=_("CSV, TSV, XLSX, JSON or XML."))
    agree = forms.BooleanField(label=_("I have read this."))


class SamplePaginator(Paginator):
    more_than_counted = True


def components(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    invalid = SampleForm({"title": "", "price_won": "-3", "summary": "…"}, auto_id="bad_%s")
    context: dict[str, Any] = {
        "form": SampleForm(initial={"kinds": ["a"], "rate": "1"}),
        "invalid": invalid,
        "now": now,
        "today": timezone.localdate(now),
        "page": SamplePaginator(range(10_000), 20).get_page(7),
        "tones": ["primary", "gray", "success", "warning", "danger", "information"],
        "states": ["draft", "published", "withdrawn", "received", "answered", "declined", "running", "failed"],
        "icons": ["sch", "plus", "down", "upload", "filter", "reset", "print", "my", "email", "calendar", "setting"],
        "options": [SimpleNamespace(value="u", label="University", count=1204, chosen=True)],
        "none": None,
    }
    return render(request, "components.html", context)
