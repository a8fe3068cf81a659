from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SHOW_MASTHEAD": settings.SHOW_MASTHEAD,
        "IS_DEVELOPMENT": settings.IEUM_ENV == "development",
    }
