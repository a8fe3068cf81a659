"""What can be typed about cases, hearings and hand-overs. Days and hours are those of Korea."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from brokers.enums.cases import (
    GROUNDS_OF,
    NOTICE_DAYS,
    Attendance,
    CaseGround,
    HandOverChoice,
    decisions_on,
)
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import CancellationCase, HandOver, Registration
from brokers.models.cases import LONG_TEXT, REASON_TEXT
from brokers.notices.people import officers
from brokers.queries.cases import registrations_named
from brokers.queries.fees import find_organizations
from brokers.services.cases.hearing import APPEARED_LENGTH, PLACE_LENGTH, RECORD_LENGTH
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.files import ACCEPTED


def _text(label: Any, most: int, rows: int = 4, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, help_text=hint, widget=forms.Textarea(attrs={"rows": rows, "maxlength": most})
    )


def _day(label: Any, hint: Any = "", **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=hint, widget=widget, validators=PLAUSIBLE_DAY, **also)


class CaseForm(forms.Form):
    """Whose case is chosen first by its number or name, then the ground among those of its kind."""

    registration = forms.CharField(
        label=pgettext_lazy("broker", "Registration"),
        max_length=200,
        help_text=_("Its number, or the name of the broker."),
    )
    ground = forms.ChoiceField(
        label=pgettext_lazy("case", "Ground"),
        choices=[("", pgettext_lazy("case", "Choose the ground")), *CaseGround.choices],
        help_text=_("Fraud, own wish and closure leave no choice once they are proven."),
    )  # fmt: skip
    text = _text(_("What it is about"), LONG_TEXT, 6, _("What happened, and how you know. The broker reads it."))

    def clean_registration(self) -> Registration:
        found = registrations_named(self.cleaned_data["registration"])
        if not found:
            raise forms.ValidationError(_("No registration has this number or name."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several registrations fit: write the number."))
        if found[0].state == RegistrationState.CANCELLED:
            raise forms.ValidationError(_("This registration was cancelled already."))
        return found[0]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        registration, ground = given.get("registration"), given.get("ground")
        if registration and ground and ground not in GROUNDS_OF[RegistrationKind(registration.kind)]:
            self.add_error("ground", _("This is no ground to cancel such a registration."))
        return given


class ChairField(forms.ModelChoiceField):
    """One of the officers, by public id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), to_field_name="public_id", empty_label=_("Choose"), **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError:  # Django's own words are about UUIDs
            raise forms.ValidationError(_("Choose one of the officers.")) from None


class NoticeForm(forms.Form):
    stands_at = {"starts_at": "on"}
    on = _day(_("Day of the hearing"))
    hour = forms.TimeField(
        label=_("Hour"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), help_text=_("Time in Korea.")
    )
    place = forms.CharField(label=_("Place"), max_length=PLACE_LENGTH)
    chair = ChairField(label=_("Chair"), help_text=_("Holds the hearing and signs its record. Does not decide."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chair"].queryset = officers().order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["on"].help_text = _("At least %(days)d days after today.") % {"days": NOTICE_DAYS}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("on") and given.get("hour"):
            moment = datetime.combine(given["on"], given["hour"])
            given["starts_at"] = timezone.make_aware(moment, timezone.get_current_timezone())
        return given

    def given(self) -> dict[str, Any]:
        """What the services take."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"on", "hour"}}


class PostponeForm(NoticeForm):
    reason = _text(_("Why it is postponed"), REASON_TEXT, 3, _("The broker reads it."))


class RecordForm(forms.Form):
    attendance = forms.ChoiceField(label=_("Attendance"), choices=Attendance.choices, widget=forms.RadioSelect)
    appeared = forms.CharField(
        label=_("Who appeared"), max_length=APPEARED_LENGTH, required=False, help_text=_("Names and functions.")
    )
    record_text = _text(
        pgettext_lazy("hearing", "Record"), RECORD_LENGTH, 10, _("What was said and shown. The broker reads it.")
    )


class DecisionForm(forms.Form):
    """With a case: what may be decided depends on its ground."""

    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    suspended_until = _day(
        _("Suspended until"), _("Only for a suspension: its last day."), required=False
    )  # fmt: skip
    text = _text(_("Reasons"), LONG_TEXT, 6, _("The broker reads them."))
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**9)
    is_sure = forms.BooleanField(
        label=_("I have read the record and everything that was sent. I know that a decision cannot be changed here.")
    )

    def __init__(self, *args: Any, case: CancellationCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = decisions_on(case.ground)
        self.fields["decision"].choices = [(one.value, one.label) for one in allowed]  # type: ignore[attr-defined]
        if case.must_cancel:
            del self.fields["suspended_until"]

    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "is_sure"}


class CloseForm(forms.Form):
    reason = _text(_("Why there is no ground any more"), REASON_TEXT, 3, _("The broker reads it."))


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """None, one or several files: a list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", SeveralFiles(attrs={"accept": ACCEPTED}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given if one]


class StatementForm(forms.Form):
    text = _text(pgettext_lazy("case", "Statement"), LONG_TEXT, 6, _("It cannot be changed once it is sent."))
    files = FilesField(  # type: ignore[assignment]  # no field stays an attribute of its class
        label=_("Documents"), required=False, help_text=_("PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB each.")
    )

    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return {
            "text": self.cleaned_data["text"],
            "files": [(one.file, one.name) for one in self.cleaned_data["files"]],
        }


class ChooseForm(forms.Form):
    """The client's choice. To keep is offered only where the broker comes back."""

    choice = forms.ChoiceField(label=_("What becomes of the mandate"), widget=forms.RadioSelect)
    to_broker = forms.CharField(
        label=_("Other broker"), max_length=200, required=False,
        help_text=_("Only for another broker: its name or business number."),
    )  # fmt: skip

    def __init__(self, *args: Any, hand_over: HandOver, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [one for one in HandOverChoice if hand_over.may_be_kept or one != HandOverChoice.KEEP]
        self.fields["choice"].choices = [(one.value, one.label) for one in choices]  # type: ignore[attr-defined]

    def clean_to_broker(self) -> Organization | None:
        typed = self.cleaned_data["to_broker"].strip()
        if not typed or self.cleaned_data.get("choice") != HandOverChoice.MOVE:
            return None
        found = find_organizations(typed, (OrganizationKind.BROKER,))
        if len(found) != 1:
            raise forms.ValidationError(
                _("Several brokers fit: write more of the name.") if found else _("No broker has this name or number.")
            )
        return found[0]


class SettleForm(forms.Form):
    choice = forms.ChoiceField(label=_("What becomes of the mandate"), widget=forms.RadioSelect)
    text = _text(_("Why"), REASON_TEXT, 3, _("Client and broker read it."))

    def __init__(self, *args: Any, hand_over: HandOver, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [HandOverChoice.KEEP, HandOverChoice.END] if hand_over.may_be_kept else [HandOverChoice.END]
        self.fields["choice"].choices = [(one.value, one.label) for one in choices]  # type: ignore[attr-defined]
