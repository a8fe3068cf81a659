from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "deals"

    def ready(self) -> None:
        from deals import handlers, merging  # noqa: F401 - connects handlers
        from deals.notices import contracts, negotiation, requests  # noqa: F401 - register kinds of messages
