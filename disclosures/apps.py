from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import handlers, merging, notices  # noqa: F401 - connects handlers, registers kinds of messages
