"""A technology in unqualified Dublin Core."""

from collections.abc import Callable, Iterator
from xml.etree import ElementTree as Xml

from django.conf import settings
from django.utils import timezone

from tech_listings.models import Listing

DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
OAI_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LANGUAGES = ("ko", "en", "zh")


def elements(listing: Listing) -> Iterator[tuple[str, str, str]]:
    """(name, text, language) of each element, empty ones too. Who invented it is not said: the holder is publisher."""
    for part, name in (("title", "title"), ("value", "description"), ("summary", "description")):
        yield from ((name, getattr(listing, f"{part}_{code}"), code) for code in LANGUAGES)
    yield from (("publisher", text, "") for text in (listing.holder.name, listing.holder.name_en))
    yield from (("subject", text, "") for text in (*listing.keywords, *(f"IPC {code}" for code in listing.ipc_codes)))
    yield "date", timezone.localdate(listing.registered_at).isoformat() if listing.registered_at else "", ""
    yield "type", "Technology", ""
    yield "identifier", f"{settings.SITE_URL}/technologies/{listing.number}/", ""
    yield "identifier", str(listing.number), ""
    for right in listing.rights.all():
        yield "relation", right.registration_number or right.application_number, ""
    yield from (("language", code, "") for code in LANGUAGES if getattr(listing, f"title_{code}"))
    yield "rights", listing.conditions_of_use, ""


def dublin_core(into: Xml.Element, listing: Listing, *, clean: Callable[[str], str]) -> None:
    """`oai_dc:dc` of what everybody may read."""
    root = Xml.SubElement(into, f"{{{OAI_DC}}}dc", {f"{{{XSI}}}schemaLocation": f"{OAI_DC} {OAI_DC_SCHEMA}"})
    for name, text, language in elements(listing):
        if text:
            made = Xml.SubElement(root, f"{{{DC}}}{name}")
            made.text = clean(text)
            if language:
                made.set("{http://www.w3.org/XML/1998/namespace}lang", language)
