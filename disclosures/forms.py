from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disclosures.models import LONGEST_REASON, LONGEST_TERMS, Terms
from disclosures.services.offer import usual_end
from marketplace.core.files import ACCEPTED


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # an empty file gets our own sentence
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "PDF, PNG, JPEG, HWP, HWPX or DOCX, at most %(most)d MB. Downloads of PDF and pictures carry a watermark; "
            "those of HWP, HWPX and DOCX cannot: send a PDF if you want one."
        ) % {"most": settings.CONFIDENTIAL_MAX_BYTES >> 20}


def day_field(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


class OfferForm(forms.Form):
    terms = forms.ModelChoiceField(
        queryset=Terms.objects.none(),
        to_field_name="public_id",
        label=gettext_lazy("Confidentiality terms"),
        widget=forms.RadioSelect,
        empty_label=None,
    )
    ends_on = day_field(gettext_lazy("Open until"), gettext_lazy("The last day. You can move it, or close earlier."))

    def __init__(self, *args: Any, terms: list[Terms], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["terms"].queryset = Terms.objects.filter(pk__in=[t.pk for t in terms])  # type: ignore[attr-defined]
        self.fields["terms"].choices = [(t.public_id, name_of_terms(t)) for t in terms]  # type: ignore[attr-defined]
        self.initial.setdefault("terms", terms[0].public_id if terms else None)
        self.initial.setdefault("ends_on", usual_end(timezone.localdate()))


def name_of_terms(terms: Terms) -> str:
    if terms.listing_id is not None:
        return _("Your own text, version %(version)s") % {"version": terms.version}
    return _("Usual text, version %(version)s") % {"version": terms.version}


class EndForm(forms.Form):
    ends_on = day_field(gettext_lazy("Open until"), gettext_lazy("The last day, at most a year from today."))


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The firm reads it."),
    )


class AcceptForm(forms.Form):
    text_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)
    agree = forms.BooleanField(label=gettext_lazy("I have read the terms and accept them for my organization"))


class TermsForm(forms.Form):
    text_ko = forms.CharField(
        label=gettext_lazy("Text (Korean)"),
        max_length=LONGEST_TERMS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    text_en = forms.CharField(
        label=gettext_lazy("Text (English)"),
        max_length=LONGEST_TERMS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
