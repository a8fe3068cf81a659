from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from brokers.models import Mandate
from deals.enums.negotiation import EntryKind, Outcome
from deals.models import LONG_TEXT, Negotiation, Offer
from deals.queries.seats import Invitable
from deals.services.negotiation.say import PLACE_LENGTH
from tech_listings.enums import DealKind
from tech_listings.models import Listing


def words(label: Any, *, rows: int = 4, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONG_TEXT, required=required, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


class KeyedForm(forms.Form):
    """Carries a key from the moment it was opened: sent twice, it is said once (lessons F57)."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())


class SeenForm(forms.Form):
    """Carries the revision that its page showed (lessons F58)."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)


class SayForm(KeyedForm):
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (EntryKind.MESSAGE.value, _("A message")),
            (EntryKind.QUESTION.value, _("A question: the other side has to answer it by its day")),
        ],
        initial=EntryKind.MESSAGE.value,
        widget=forms.RadioSelect,
    )
    text = words(_("Your words"), help_text=_("All who take part read it. Files are not sent here."))


class ReplyForm(KeyedForm):
    text = words(_("Your answer"), rows=3)


class MeetForm(KeyedForm):
    meets_at = forms.DateTimeField(
        label=_("Date and time (Korea)"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    place = forms.CharField(label=_("Place, or address of the call"), max_length=PLACE_LENGTH)
    text = words(_("What it is about"), rows=2, required=False)


class OpenForm(forms.Form):
    """Asks a broker for which firm, and who begins from a need for the deal type."""

    mandate = forms.ChoiceField(
        label=_("For which firm"), widget=forms.RadioSelect, help_text=_("Firms whose mandate you hold for this.")
    )
    deal_kind = forms.ChoiceField(
        label=_("Deal type"), widget=forms.RadioSelect, help_text=_("What the holder offers for this technology.")
    )
    text = words(
        _("First words"), required=False, help_text=_("What you want to talk about first. The other side reads it.")
    )

    def __init__(self, *args: Any, mandates: Sequence[Mandate] | None, listing: Listing | None, **kwargs: Any) -> None:
        """`mandates` None: a firm begins itself. `listing` None: the request says the deal type."""
        super().__init__(*args, **kwargs)
        self.mandates = {str(mandate.public_id): mandate for mandate in mandates or ()}
        if mandates is None:
            del self.fields["mandate"]
        else:
            self._choices("mandate", [(k, f"{m.client.display_name} · {m.number}") for k, m in self.mandates.items()])
        if listing is None:
            del self.fields["deal_kind"]
        else:
            self._choices("deal_kind", [(kind, str(DealKind(kind).label)) for kind in listing.deal_kinds])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if len(choices) == 1:
            self.initial[name] = choices[0][0]

    def clean_mandate(self) -> Mandate:
        return self.mandates[self.cleaned_data["mandate"]]


class BringInForm(forms.Form):
    broker = forms.ChoiceField(
        label=_("Broker"),
        widget=forms.RadioSelect,
        help_text=_("It reads the whole thread and all offers, and speaks for you. It cannot accept or decline."),
    )

    def __init__(self, *args: Any, invitable: Sequence[Invitable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitable = {str(each.organization.public_id): each for each in invitable}
        field = self.fields["broker"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(k, f"{e.organization.display_name} · {e.mandate.number}") for k, e in self.invitable.items()]
        if len(self.invitable) == 1:
            self.initial["broker"] = next(iter(self.invitable))

    def given(self) -> dict[str, Any]:
        found = self.invitable[self.cleaned_data["broker"]]
        return {"mandate": found.mandate, "broker": found.organization}


class AcceptForm(forms.Form):
    option = forms.ChoiceField(label=_("Way to pay"), widget=forms.RadioSelect)
    text = words(_("Words to the other side"), rows=2, required=False)

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = {str(option.public_id): option for option in offer.options.all()}
        field = self.fields["option"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, option.name) for key, option in self.options.items()]
        if len(self.options) == 1:
            self.initial["option"] = next(iter(self.options))

    def given(self) -> dict[str, Any]:
        return {"option": self.options[self.cleaned_data["option"]], "text": self.cleaned_data["text"]}


class DeclineOfferForm(forms.Form):
    text = words(_("Why"), rows=3, help_text=_("The other side reads it."))


class WithdrawOfferForm(forms.Form):
    text = words(_("Why"), rows=2, required=False)


class CloseForm(SeenForm):
    outcome = forms.ChoiceField(label=_("How it ended"), choices=Outcome, widget=forms.RadioSelect)
    text = words(_("In words"), rows=3, required=False, help_text=_("The other side reads it."))


class ReopenForm(SeenForm):
    text = words(_("Why"), rows=3, help_text=_("The other side reads it."))


def seen(negotiation: Negotiation) -> dict[str, int]:
    """What a form of the page begins with."""
    return {"seen_revision": negotiation.revision}
