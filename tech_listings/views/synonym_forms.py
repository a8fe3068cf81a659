"""What an officer types about a group of synonyms."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.errors import DomainError
from tech_listings.models import SynonymGroup
from tech_listings.services.synonyms import clean_words

BETWEEN_WORDS = re.compile(r"[\r\n,，、;；]+")


class SynonymForm(forms.Form):
    words = forms.CharField(
        label=pgettext_lazy("synonyms", "Words"),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One per line, or with commas between them: Korean, English and Chinese, 2 to 20 words."),
    )
    note = forms.CharField(
        label=pgettext_lazy("remark", "Note"),
        max_length=300,
        required=False,
        help_text=_("For colleagues: why these words are the same."),
    )
    revision = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, group: SynonymGroup | None = None, **kwargs: Any) -> None:
        if group is not None:
            kwargs["initial"] = {"words": "\n".join(group.words), "note": group.note, "revision": group.revision}
        super().__init__(*args, **kwargs)

    def clean_words(self) -> list[str]:
        try:
            return clean_words(BETWEEN_WORDS.split(self.cleaned_data["words"]))
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from None
