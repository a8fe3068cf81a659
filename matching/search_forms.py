from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from matching.enums import AlertRate, WhyNot
from matching.services.save_search import NAME_MAX


class SearchForm(forms.Form):
    name = forms.CharField(label=_("Name of the search"), max_length=NAME_MAX)
    rate = forms.ChoiceField(
        label=_("Mail about new matches"),
        choices=AlertRate,
        widget=forms.RadioSelect,
        help_text=_(
            "Daily mail comes at 9:00 in Korea, weekly on Mondays, monthly on the first. One mail for all searches."
        ),
    )


class WhyNotForm(forms.Form):
    why_not = forms.ChoiceField(label=_("Not this, because"), choices=[("", _("Choose the reason")), *WhyNot.choices])
    why_not_text = forms.CharField(label=_("In your words"), max_length=300, required=False)

    @classmethod
    def of(cls, match: UUID, data: QueryDict | None = None) -> "WhyNotForm":
        """One of several on a page: the fields keep their names and have ids of their own."""
        return cls(data, auto_id=f"id_{match}_%s")
