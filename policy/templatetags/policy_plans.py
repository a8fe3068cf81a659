from django import template

from policy.models import PlanTarget
from policy.wording.plans import value_words

register = template.Library()
TONES = {"on_track": "information", "late": "warning", "done": "success", "stopped": "danger"}


@register.filter
def target_value(target: PlanTarget) -> str:
    return value_words(target.value, target.unit)


@register.filter
def progress_tone(state: str) -> str:
    return TONES.get(str(state), "gray")
