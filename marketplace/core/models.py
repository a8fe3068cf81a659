from typing import Any, cast

from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.core.ids import uuid7


def field_of(model: type[models.Model] | models.Model, name: str) -> models.Field:
    """The column `name` of a model; for its label and its choices."""
    return cast(models.Field, model._meta.get_field(name))


class TimeStamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class PublicIdField(models.UUIDField):
    """A UUID in every migration. Forms and filters choose by it: who sends something else is told to choose."""

    default_error_messages = {
        "invalid": _("Select a valid choice. %(value)s is not one of the available choices."),
    }

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.UUIDField", args, kwargs


class PublicId(models.Model):
    """`pk` stays a bigint and inside the database; `public_id` is what URLs, the API and other systems see."""

    public_id = PublicIdField(default=uuid7, unique=True, editable=False)

    class Meta:
        abstract = True


class Counter(models.Model):
    """The last serial given out for a kind of number in a year. Use `counters.take_numbers`."""

    kind = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="one_counter_per_kind_and_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"
