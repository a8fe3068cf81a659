from typing import cast

from django.db import models

from marketplace.core.ids import uuid7


def field_of(model: type[models.Model] | models.Model, name: str) -> models.Field:
    """The column `name` of a model; for its label and its choices."""
    return cast(models.Field, model._meta.get_field(name))


class TimeStamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class PublicId(models.Model):
    """`pk` stays a bigint and inside the database; `public_id` is what URLs, the API and other systems see."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)

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
