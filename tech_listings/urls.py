from django.urls import path, register_converter

from tech_listings.views import mine, public


class ReferenceConverter:
    """A listing number, or the public id of a listing that has no number yet."""

    regex = r"S\d{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(ReferenceConverter, "listing")

app_name = "tech_listings"
urlpatterns = [
    path("technologies/", public.listing_list, name="list"),
    path("technologies/export.csv", public.listing_export, name="export"),
    path("technologies/<listing:reference>/", public.listing_detail, name="detail"),
    path("technologies/<listing:reference>/history/", public.listing_history, name="history"),
    path("my/listings/", mine.my_listings, name="mine"),
    path("my/listings/new/", mine.listing_create, name="create"),
    path("my/listings/<listing:reference>/edit/", mine.listing_edit, name="edit"),
    path("my/listings/<listing:reference>/publish/", mine.listing_publish, name="publish"),
    path("my/listings/<listing:reference>/withdraw/", mine.listing_withdraw, name="withdraw"),
    path("my/listings/<listing:reference>/discard/", mine.listing_discard, name="discard"),
    # Placeholders until the upload pages are there.
    path("my/imports/", mine.my_listings, name="ingest_list"),
    path("my/imports/new/", mine.my_listings, name="ingest_upload"),
]
