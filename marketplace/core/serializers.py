"""What a program sends: nothing of it is passed over in silence (lessons F56), and days are days that can be."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from marketplace.core.days import PLAUSIBLE_DAY


class StrictSerializer(serializers.Serializer):
    """Base of every serializer of a body, also of those within one. A field that it does not know is an error.

    The answer names each such field and those that are taken, together with whatever else is wrong.
    """

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data)
        if not unknown:
            return super().to_internal_value(data)
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**unknown, **error.detail}) from None  # type: ignore[dict-item]
        raise serializers.ValidationError(unknown)

    def _unknown(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return {}
        taken = [name for name, field in self.fields.items() if not field.read_only]
        # A form says the parts of a list as `name[0]`, of an object as `name.part`.
        plain = hasattr(data, "getlist")
        sent = {name: name.partition("[")[0].partition(".")[0] if plain else name for name in map(str, data)}
        known = _("There is no such field. Known are: %(names)s.") % {"names": ", ".join(taken)}
        message = known if taken else _("There is no such field: nothing is to be sent here.")
        error = serializers.ErrorDetail(message, "unknown")
        return {name: [error] for name, field in sorted(sent.items()) if field not in taken}


class DayField(serializers.DateField):
    """A day in Korea that a person may have meant: see `PLAUSIBLE_DAY`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [*self.validators, *PLAUSIBLE_DAY]
