"""What is taken over into a rehearsal."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from programmes.models import Call
from programmes.services.review.samples import MOST_SAMPLES

USUAL = 10


class _SourceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} {obj.title} ({obj.many})"


class SamplesForm(forms.Form):
    source = _SourceField(
        label=_("Earlier call"),
        queryset=Call.objects.none(),
        to_field_name="number",
        empty_label=None,
        help_text=_("With how many applications it has to take from."),
    )
    most = forms.IntegerField(label=_("How many at most"), min_value=1, max_value=MOST_SAMPLES, initial=USUAL)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, sources: QuerySet[Call], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = sources  # type: ignore[attr-defined]
