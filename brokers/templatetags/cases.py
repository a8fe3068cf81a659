from django import template

from brokers.models import CancellationCase, Hearing, Registration
from brokers.queries.cases import broker_of, hearing_of

register = template.Library()


@register.filter
def broker_name(registration: Registration) -> str:
    return broker_of(registration)


@register.filter
def counting_hearing(case: CancellationCase) -> Hearing | None:
    """The hearing that was held or is ahead."""
    return hearing_of(case)
