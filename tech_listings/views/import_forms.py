"""Upload and columns of an import."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organization
from marketplace.core.text import tidy
from tech_listings.enums import DealKind, ImportTarget, RunKind
from tech_listings.ingest.tables import Format
from tech_listings.models import Run, Source
from tech_listings.services.ingest_receive import usual_name
from tech_listings.services.ingest_targets import Target, target_of

FORMATS = [
    ("", gettext_lazy("Recognise by itself")),
    (Format.DELIMITED.value, gettext_lazy("CSV or TSV")),
    (Format.XLSX.value, "XLSX"),
    (Format.KIPRIS_XML.value, gettext_lazy("KIPRIS XML")),
    (Format.JSON.value, "JSON"),
    (Format.JSONL.value, gettext_lazy("JSON lines")),
]
FULL_OF_RESEARCH = [
    (RunKind.ADDITIONS.value, gettext_lazy("Additions and changes: rows that are not in the file stay")),
    (RunKind.FULL.value, gettext_lazy("The full list: what is no longer in the file is deleted")),
]


def kind_label(run: Run) -> str:
    """What the file is, in the words of its form."""
    said = RunKind.choices if run.source.target == ImportTarget.LISTINGS else FULL_OF_RESEARCH
    return str(dict(said)[run.kind])


ACCEPTED = ".csv,.tsv,.txt,.xlsx,.xml,.json,.jsonl,.ndjson"


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # an empty file gets our own sentence
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=120,
        help_text=gettext_lazy(
            "A name for where the file comes from, e.g. patent register. Upload later versions under the same name."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What the file is"),
        choices=RunKind.choices,
        initial=RunKind.ADDITIONS,
        widget=forms.RadioSelect,
    )
    deal_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Deal types where the file says nothing"),
        choices=DealKind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[DealKind.NON_EXCLUSIVE_LICENCE],
    )
    conditions_of_use = forms.CharField(
        label=gettext_lazy("Conditions of use where the file says nothing"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    again = forms.BooleanField(
        label=gettext_lazy("Compare it even if this very file was applied before"), required=False
    )
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS, required=False)

    def __init__(self, *args: Any, organization: Organization, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_listings = target.name == ImportTarget.LISTINGS
        self.fields["file"].help_text = _("CSV, TSV, XLSX, JSON, JSON lines or KIPRIS XML, at most %(size)s MB.") % {
            "size": settings.UPLOAD_MAX_BYTES >> 20
        }
        mine = Source.objects.filter(organization=organization, target=target.name)
        latest = mine.order_by("-updated_at", "-pk").first()
        self.initial.setdefault("source", latest.name if latest else usual_name(target.name))
        if not of_listings:
            del self.fields["deal_kinds"], self.fields["conditions_of_use"]
            self.fields["file"].help_text = _("CSV, TSV, XLSX, JSON, JSON lines or XML, at most %(size)s MB.") % {
                "size": settings.UPLOAD_MAX_BYTES >> 20
            }
            self.fields["source"].help_text = _(
                "A name for where the file comes from, e.g. NTIS. Upload later versions under the same name."
            )
            kind = self.fields["kind"]
            assert isinstance(kind, forms.ChoiceField)
            kind.choices = FULL_OF_RESEARCH
            return
        self.initial.setdefault("deal_kinds", latest.deal_kinds if latest else [DealKind.NON_EXCLUSIVE_LICENCE])
        self.initial.setdefault(
            "conditions_of_use", latest.conditions_of_use if latest else _("Terms are agreed with the holder.")
        )

    def clean_source(self) -> str:
        return tidy(self.cleaned_data["source"])

    def clean_conditions_of_use(self) -> str:
        return tidy(self.cleaned_data["conditions_of_use"])

    def defaults(self) -> dict[str, Any]:
        """What stands in for rows of technologies that say nothing; empty for other files."""
        return {name: self.cleaned_data[name] for name in ("deal_kinds", "conditions_of_use") if name in self.fields}


class ColumnsForm(forms.Form):
    """One select per column of the file: which field it fills, or none."""

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = {f"column-{column['index']}": column for column in run.columns}
        fills = {name: target for target, name in run.mapping.items()}
        for field_name, column in self.columns.items():
            self.fields[field_name] = forms.ChoiceField(
                label=column["name"],
                choices=[("", _("Not taken")), *target_of(run).fields.labels.items()],
                required=False,
                initial=fills.get(column["name"], ""),
                help_text=" · ".join(column["samples"]) or _("empty"),
            )

    def clean(self) -> dict[str, Any]:
        taken: dict[str, str] = {}
        for field_name, column in self.columns.items():
            target = self.cleaned_data.get(field_name)
            if target and target in taken:
                self.add_error(field_name, _("The column “%(column)s” fills this already.") % {"column": taken[target]})
            elif target:
                taken[target] = column["name"]
        return self.cleaned_data

    def mapping(self) -> dict[str, str]:
        """Target → column name."""
        return {self.cleaned_data[f]: c["name"] for f, c in self.columns.items() if self.cleaned_data.get(f)}
