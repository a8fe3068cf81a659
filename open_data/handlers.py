from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.events import demo_loading
from accounts.models import Organization
from open_data.demo import load


@receiver(demo_loading, dispatch_uid="open_data.demo")
def load_partner(
    sender: Any, organizations: Mapping[str, Organization], at: datetime, **kwargs: Any
) -> tuple[str, int]:
    return "keys, webhooks and deals of a partner", load(organizations=organizations, at=at)
