from django.apps import AppConfig


class TechListingsConfig(AppConfig):
    name = "tech_listings"
