from importlib import import_module

from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "obligations"

    def ready(self) -> None:
        # connects handlers, registers kinds of messages and what files can be imported into
        for module in ("handlers", "letter_notices", "merging", "notices", "services.import_targets"):
            import_module(f"obligations.{module}")
