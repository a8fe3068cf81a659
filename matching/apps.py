from importlib import import_module

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        import_module("matching.handlers")  # connects handlers
        import_module("matching.merging")
        import_module("matching.notices")  # registers kinds of messages
        import_module("matching.alert_notices")
