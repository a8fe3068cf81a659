"""One log line per event: key=value in development, JSON in production; request id and user bound once."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

KEY_IN_ADDRESS = re.compile(r"/[A-Za-z0-9_:-]{40,}(?=/|$)")
"""Longer than any id or number of ours: the key of a link that somebody was sent, or, with colons, was given."""


def hide_keys(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whoever reads the log must not be able to open the links that stand in it."""
    if isinstance(asked := event.get("request"), str) and len(asked) > 40:
        event["request"] = KEY_IN_ADDRESS.sub("/…", asked)
    return event


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Configure structlog and return the dictionary for Django's LOGGING."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_keys,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.filter_by_level,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Plain tracebacks: the pretty ones print local variables, and those hold people's data.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer() if as_json else console
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": renderer,
                "foreign_pre_chain": [*shared, structlog.processors.format_exc_info] if as_json else shared,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            # Celery says of each task what django_structlog says with its id; in development neither drowns the rest.
            "celery": {"level": "WARNING"},
            "django_structlog.celery": {"level": level if as_json else "WARNING"},
            "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        },
    }
