"""How Django forms look: KRDS classes on the widgets, and one template for every field and form (FORM_RENDERER)."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Input
from django.utils.safestring import SafeString

CLASS_BY_WIDGET: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, ""),
    (forms.HiddenInput, ""),
    (forms.FileInput, "file-input"),
    (forms.Select, "krds-form-select"),
    (forms.Textarea, "krds-input"),
    (Input, "krds-input"),
)


def css_class(widget: forms.Widget) -> str:
    """The KRDS class of an ordinary widget, empty for those that are drawn by their own template."""
    return next((name for kind, name in CLASS_BY_WIDGET if isinstance(widget, kind)), "")


class KrdsBoundField(BoundField):
    """A field that knows which of the few shapes it is drawn in, and gives its widget the class."""

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> SafeString:
        drawn = widget or self.field.widget
        if name := css_class(drawn):
            classes = (attrs or {}).get("class") or drawn.attrs.get("class", "")
            attrs = {**(attrs or {}), "class": f"{name} {classes}".strip()}
        return super().as_widget(widget, attrs, only_initial)

    @property
    def shape(self) -> str:
        """`group` (several choices in a fieldset), `check` (one box), `file` or `line`."""
        widget = self.field.widget
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return "group"
        if isinstance(widget, forms.CheckboxInput):
            return "check"
        return "file" if isinstance(widget, forms.FileInput) else "line"


class KrdsRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    formset_template_name = "forms/formset.html"
    bound_field_class = KrdsBoundField
