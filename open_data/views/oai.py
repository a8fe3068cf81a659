"""OAI-PMH 2.0: one address, six verbs, answered with 200 and an `error` where something is wrong.

https://www.openarchives.org/OAI/openarchivesprotocol.html. Times are those of seals (`services.seal`).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from marketplace.core.throttling import AddressThrottle
from open_data.queries.harvest import (
    SECTIONS,
    BadToken,
    Harvest,
    HarvestPage,
    Header,
    begin_harvest,
    earliest,
    harvest_of,
    harvest_page,
    header_of,
)
from open_data.services.seal import shared_lock
from open_data.views.dublin_core import DC, OAI_DC, OAI_DC_SCHEMA, dublin_core

OAI = "http://www.openarchives.org/OAI/2.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
PREFIX = "oai_dc"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# What XML 1.0 has no way to write.
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
SECTION_NAMES = {
    "A": "Human necessities", "B": "Performing operations; transporting", "C": "Chemistry; metallurgy",
    "D": "Textiles; paper", "E": "Fixed constructions", "F": "Mechanical engineering", "G": "Physics",
    "H": "Electricity",
}  # fmt: skip
MAY: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
}
"""verb: (arguments it must have, arguments it may have)."""

for short, name in (("", OAI), ("xsi", XSI), ("oai_dc", OAI_DC), ("dc", DC)):
    Xml.register_namespace(short, name)
throttle = AddressThrottle("oai", "120/min")


class Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def oai(request: HttpRequest) -> HttpResponse:
    """Nothing is written, so what is posted needs no token of ours."""
    if not throttle.allows(request):
        return HttpResponse(status=503, headers={"Retry-After": "60"})
    given = request.POST if request.method == "POST" else request.GET
    root = Xml.Element(f"{{{OAI}}}OAI-PMH", {f"{{{XSI}}}schemaLocation": SCHEMA})
    with transaction.atomic():
        shared_lock()
        add(root, "responseDate", stamp(timezone.now()))
        asked = add(root, "request", address())
        try:
            verb, arguments = read(given)
            asked.attrib.update({"verb": verb, **arguments})
            VERBS[verb](add(root, verb), arguments)
        except Refused as error:
            if error.code in ("badVerb", "badArgument"):
                asked.attrib.clear()
            for child in root[2:]:
                root.remove(child)
            add(root, "error", str(error)).set("code", error.code)
    text = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return HttpResponse(text, content_type="text/xml; charset=utf-8")


def read(given: QueryDict) -> tuple[str, dict[str, str]]:
    """Verb and arguments, each once and known."""
    verbs = given.getlist("verb")
    if len(verbs) != 1 or verbs[0] not in MAY:
        raise Refused("badVerb", "Give one verb: " + ", ".join(MAY))
    verb, arguments = verbs[0], {name: str(given[name]) for name in given if name != "verb"}
    must, may = MAY[verb]
    if any(len(given.getlist(name)) > 1 for name in given):
        raise Refused("badArgument", "An argument is given twice.")
    if any(NO_XML.search(name + value) for name, value in arguments.items()):
        raise Refused("badArgument", "An argument has a character that XML does not know.")
    if "resumptionToken" in arguments:
        if verb not in ("ListIdentifiers", "ListRecords", "ListSets") or len(arguments) > 1:
            raise Refused("badArgument", "resumptionToken stands alone, with a verb that lists.")
        return verb, arguments
    if missing := sorted(must - set(arguments)):
        raise Refused("badArgument", "Missing: " + ", ".join(missing))
    if set(arguments) - must - may:
        raise Refused("badArgument", "This verb takes: " + (", ".join(sorted(must | may)) or "nothing more"))
    return verb, arguments


def add(parent: Xml.Element, name: str, text: str = "") -> Xml.Element:
    made = Xml.SubElement(parent, f"{{{OAI}}}{name}")
    if text:
        made.text = NO_XML.sub("", text)
    return made


def address() -> str:
    return f"{settings.SITE_URL}/oai/"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def host() -> str:
    return settings.SITE_URL.partition("://")[2].partition("/")[0].partition(":")[0]


def identifier(number: str) -> str:
    return f"oai:{host()}:{number}"


def identify(into: Xml.Element, arguments: dict[str, str]) -> None:
    add(into, "repositoryName", settings.SITE_NAME)
    add(into, "baseURL", address())
    add(into, "protocolVersion", "2.0")
    add(into, "adminEmail", settings.DEFAULT_FROM_EMAIL)
    add(into, "earliestDatestamp", stamp(earliest() or datetime(2026, 1, 1, tzinfo=UTC)))
    add(into, "deletedRecord", "persistent")
    add(into, "granularity", "YYYY-MM-DDThh:mm:ssZ")


def list_formats(into: Xml.Element, arguments: dict[str, str]) -> None:
    if "identifier" in arguments:
        find(arguments["identifier"])
    form = add(into, "metadataFormat")
    add(form, "metadataPrefix", PREFIX)
    add(form, "schema", OAI_DC_SCHEMA)
    add(form, "metadataNamespace", OAI_DC)


def list_sets(into: Xml.Element, arguments: dict[str, str]) -> None:
    if "resumptionToken" in arguments:
        raise Refused("badResumptionToken", "All sets fit into one answer.")
    for section in SECTIONS:
        one = add(into, "set")
        add(one, "setSpec", f"ipc:{section}")
        add(one, "setName", f"IPC {section}: {SECTION_NAMES[section]}")


def get_record(into: Xml.Element, arguments: dict[str, str]) -> None:
    known_prefix(arguments["metadataPrefix"])
    write_record(into, find(arguments["identifier"]))


def list_identifiers(into: Xml.Element, arguments: dict[str, str]) -> None:
    for header in listed(into, arguments):
        write_header(into, header)
    resume(into)


def list_records(into: Xml.Element, arguments: dict[str, str]) -> None:
    for header in listed(into, arguments):
        write_record(into, header)
    resume(into)


VERBS: dict[str, Callable[[Xml.Element, dict[str, str]], None]] = {
    "Identify": identify,
    "ListMetadataFormats": list_formats,
    "ListSets": list_sets,
    "GetRecord": get_record,
    "ListIdentifiers": list_identifiers,
    "ListRecords": list_records,
}


def listed(into: Xml.Element, arguments: dict[str, str]) -> list[Header]:
    """The headers of this page; the token of the next stands in `into` meanwhile (`resume`)."""
    first = "resumptionToken" not in arguments
    page = harvest_page(_asked(arguments))
    if first and not page.headers:
        raise Refused("noRecordsMatch", "Nothing matches.")
    into.set("token", _token(page, first))
    return page.headers


def _token(page: HarvestPage, first: bool) -> str:
    """What the last page of several has is an empty one; a list that fits into one answer has none."""
    if page.next:
        return page.next.token
    return "none" if first else ""


def resume(into: Xml.Element) -> None:
    token = into.attrib.pop("token")
    if token != "none":
        add(into, "resumptionToken", token)


def _asked(arguments: dict[str, str]) -> Harvest:
    if "resumptionToken" in arguments:
        try:
            return harvest_of(arguments["resumptionToken"])
        except BadToken:
            raise Refused("badResumptionToken", "Begin the list anew.") from None
    known_prefix(arguments["metadataPrefix"])
    since, until = arguments.get("from"), arguments.get("until")
    if since and until and len(since) != len(until):
        raise Refused("badArgument", "from and until have different granularities.")
    start, end = moment(since, last=False), moment(until, last=True)
    if start and end and start > end:
        raise Refused("badArgument", "from is later than until.")
    asked = begin_harvest(prefix=PREFIX, since=start, until=end, section=section_of(arguments.get("set", "")))
    if asked is None:
        raise Refused("noRecordsMatch", "Nothing matches.")
    return asked


def moment(text: str | None, *, last: bool) -> datetime | None:
    """A day or second of UTC; of a day the first or last second."""
    if text is None:
        return None
    try:
        if DAY.fullmatch(text):
            found = parse_datetime(text + ("T23:59:59Z" if last else "T00:00:00Z"))
        else:
            found = parse_datetime(text) if TIME.fullmatch(text) else None
    except ValueError:
        found = None
    # The last year leaves no room for the second that is added.
    if found is None or found.year > 9000:
        raise Refused("badArgument", "Times are YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.")
    return found


def section_of(name: str) -> str:
    if name and name not in {f"ipc:{section}" for section in SECTIONS}:
        raise Refused("noRecordsMatch", "There is no such set.")
    return name[-1:]


def known_prefix(prefix: str) -> None:
    if prefix != PREFIX:
        raise Refused("cannotDisseminateFormat", f"Only {PREFIX} is there.")


def find(name: str) -> Header:
    start, number = name.rpartition(":")[::2]
    header = header_of(number) if f"{start}:" == identifier("") else None
    if header is None:
        raise Refused("idDoesNotExist", "There is no such record.")
    return header


def write_header(into: Xml.Element, header: Header) -> None:
    made = add(into, "header")
    add(made, "identifier", identifier(header.number))
    add(made, "datestamp", stamp(header.at))
    if header.listing is None:
        made.set("status", "deleted")
        return
    for section in sorted({code[:1] for code in header.listing.ipc_prefixes} & set(SECTIONS)):
        add(made, "setSpec", f"ipc:{section}")


def write_record(into: Xml.Element, header: Header) -> None:
    made = add(into, "record")
    write_header(made, header)
    if header.listing is not None:
        dublin_core(add(made, "metadata"), header.listing, clean=lambda text: NO_XML.sub("", text))
