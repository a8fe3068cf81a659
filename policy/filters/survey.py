"""What can be asked of the list of a year's survey: the same for page, export and API."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from policy.enums.survey import Standing


class PlacesForm(forms.Form):
    """`standing` empty: all. Nonsense is no filter, and is said at its field."""

    q = forms.CharField(label=_("Institute"), required=False, max_length=200)
    standing = forms.ChoiceField(
        label=_("Where it stands"), required=False,
        choices=[("", _("All")), ("open", pgettext_lazy("survey", "Not answered yet")), *Standing.choices],
    )  # fmt: skip

    @property
    def asked(self) -> dict[str, str]:
        """What `queries.survey.narrowed` takes."""
        given: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        return {"standing": given.get("standing", ""), "words": given.get("q", "").replace("\x00", "")}
