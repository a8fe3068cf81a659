from importlib import import_module

from django.apps import AppConfig


class TechListingsConfig(AppConfig):
    name = "tech_listings"

    def ready(self) -> None:
        import_module("tech_listings.merging")  # says what becomes of our rows in a merge
        import_module("tech_listings.notices")
        import_module("tech_listings.services.ingest_listings")
