"""One batch of planned writes into listings, rights and search documents, in the caller's transaction."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any

import pghistory
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.core.ids import uuid7
from tech_listings import notices
from tech_listings.enums import LISTING_STATES, ListingState, RightStatus, RightSummary, RowAction, SuspendedFor
from tech_listings.events import listings_written
from tech_listings.ingest.content import listing_content, right_content
from tech_listings.ingest.problems import problem
from tech_listings.models import Listing, ListingDocument, ListingMeaning, Right, Run, RunRow
from tech_listings.numbers import ipc_prefixes, listing_number
from tech_listings.search.documents import Document, document, write_documents
from tech_listings.search.terms import ANALYSER
from tech_listings.services.derive import derive, summary_of
from tech_listings.services.edit import RIGHT_FIELDS
from tech_listings.services.ingest_compare import right_meant
from tech_listings.services.ingest_copy import array, copy_binary, copy_rows, next_ids
from tech_listings.services.lapse import follow_rights
from tech_listings.services.publish import numbers_for, withdraw

TITLES = ("title_ko", "title_en", "title_zh")
TEXT_COLUMNS = (
    *TITLES, "value_ko", "value_en", "value_zh", "summary_ko", "summary_en", "summary_zh",
    "problem", "effect", "field_of_use", "conditions_of_use",
)  # fmt: skip
LISTING_COLUMNS = (
    "id", "public_id", "created_at", "updated_at", "holder_id", "number", "state", "revision", *TEXT_COLUMNS,
    "keywords", "trl", "ipc_codes", "ipc_prefixes", "st_class", "ksic_code", "deal_kinds", "price_won",
    "right_summary", "confidential_text", "confidential_reason", "registered_at", "withdrawn_reason", "suspended_at",
    "suspended_for", "suspended_text", "outcome", "outcome_text", "confirmed_on",
    "created_by_id", "source_id", "source_key", "raw_hash",
)  # fmt: skip
RIGHT_COLUMNS = ("public_id", "created_at", "updated_at", "listing_id", *RIGHT_FIELDS)
DOCUMENT_COLUMNS = ("listing_id", "terms", "weights", "length", "is_public", "analyser")
MEANING_COLUMNS = ("listing_id", "model", "due_at", "attempts")
SUMMARIES = {"": summary_of(()).value} | {status: summary_of([status]).value for status in RightStatus.values}
PUBLISHED, DRAFT, SUSPENDED = ListingState.PUBLISHED.value, ListingState.DRAFT.value, ListingState.SUSPENDED.value
LAPSED = RightSummary.LAPSED.value
PUBLISHED_BY_IMPORT = frozenset({ListingState.DRAFT, ListingState.WITHDRAWN})
DAYS = frozenset({"application_on", "publication_on", "registration_on", "expires_on"})


@dataclass(frozen=True)
class Same:
    """What every added listing of a batch has alike, as COPY wants it."""

    at: str
    today: str
    holder: int
    source: int
    by: int | None
    deal_kinds: str
    conditions: str

    @classmethod
    def of(cls, run: Run, at: datetime.datetime) -> "Same":
        source = run.source
        return cls(
            at.isoformat(),
            timezone.localdate(at).isoformat(),
            source.organization_id,
            source.pk,
            run.approved_by_id,
            array(source.deal_kinds),
            source.conditions_of_use,
        )


@dataclass(frozen=True)
class Numbers:
    """Listing numbers set aside for a batch: `first` and the following ones of `year`."""

    year: int
    first: int


def write_batch(*, run: Run, work: Sequence[dict[str, Any]], numbers: Numbers | None, at: datetime.datetime) -> None:
    """Carry out planned writes (see `ingest_plan.Plan.do`)."""
    added = [w for w in work if w["op"] in {"add", "draft"}]
    if added:
        _add(run, added, numbers, at)
    changed = [w for w in work if w["op"] == "change"]
    if changed:
        _change(run, changed, at)
    if touched := {w["listing"]: w["hash"] for w in work if w["op"] == "touch"}:
        _touch(touched)
    for each in (w for w in work if w["op"] == "withdraw"):
        _withdraw(run, each["listing"], at)


def _add(run: Run, work: Sequence[dict[str, Any]], numbers: Numbers | None, at: datetime.datetime) -> None:
    taken = _numbers(sum(w["op"] == "add" for w in work), numbers, at)
    holder = run.source.organization
    holder_names = "\n".join(filter(None, (holder.name, holder.name_en, holder.name_zh)))
    same = Same.of(run, at)
    listings, rights, documents, public = [], [], [], []
    ids = next_ids(Listing, len(work))
    for pk, planned in zip(ids, work, strict=True):
        record = planned["record"]
        content, right = listing_content(record), right_content(record)
        number = next(taken) if planned["op"] == "add" else None
        summary = _summary(right, same.today)
        listings.append(_listing_row(same, pk, record, content, summary, number))
        if is_public := number is not None and summary != LAPSED:
            public.append(pk)
        if right:
            rights.append((uuid7(), same.at, same.at, pk, *(right[name] for name in RIGHT_FIELDS)))
        found = _document(pk, content, right, number, holder_names)
        documents.append(document_row(pk, found, is_public=is_public))
    copy_rows(Listing, LISTING_COLUMNS, listings)
    copy_rows(Right, RIGHT_COLUMNS, rights)
    copy_binary(ListingDocument, DOCUMENT_COLUMNS, documents)
    copy_rows(ListingMeaning, MEANING_COLUMNS, [(pk, 0, same.at, 0) for pk in ids])
    _tell(public, at)
    if len(public) < sum(w["op"] == "add" for w in work):
        notices.rights_lapsed(holder, at=at)


def _summary(right: dict[str, Any] | None, today: str) -> str:
    """As `services.derive` says it of a listing with this right alone."""
    if right is None:
        return SUMMARIES[""]
    ended = right["status"] == RightStatus.REGISTERED and right["expires_on"] and right["expires_on"] < today
    return SUMMARIES[RightStatus.EXPIRED if ended else right["status"]]


def _tell(listing_ids: Sequence[int], at: datetime.datetime) -> None:
    """One signal for all: a batch that is written must not wait for whoever hears of it listing by listing."""
    if listing_ids:
        listings_written.send(sender=Listing, listing_ids=listing_ids, at=at)


def _numbers(count: int, set_aside: Numbers | None, at: datetime.datetime) -> Iterator[str]:
    """The numbers set aside when the run was approved, unless the year has changed since."""
    if not count:
        return iter(())
    if set_aside and set_aside.year == timezone.localtime(at).year:
        return iter([listing_number(set_aside.year, set_aside.first + i) for i in range(count)])
    return iter(numbers_for(count=count, at=at))


def _listing_row(
    same: Same,
    pk: int,
    record: dict[str, Any],
    content: dict[str, Any],
    summary: str,
    number: str | None,
) -> tuple[Any, ...]:
    """Values in the order of `LISTING_COLUMNS`. Registered without a valid right is off the market from the start."""
    is_off = number is not None and summary == LAPSED
    state = SUSPENDED if is_off else PUBLISHED if number else DRAFT
    codes = content.get("ipc_codes", ())
    conditions = content.get("conditions_of_use") or same.conditions
    return (
        pk, uuid7(), same.at, same.at, same.holder, number, state, 1,
        *[content.get(name, "") for name in TEXT_COLUMNS[:-1]], conditions,
        array(content.get("keywords", ())), content.get("trl"), array(codes), array(ipc_prefixes(codes)),
        content.get("st_class", ""), content.get("ksic_code", ""),
        array(content["deal_kinds"]) if content.get("deal_kinds") else same.deal_kinds, content.get("price_won"),
        summary, "", "", same.at if number else None, "", same.at if is_off else None,
        SuspendedFor.LAPSED.value if is_off else "", "", "", "",
        same.today if number else None, same.by, same.source, record["key"], record["raw_hash"],
    )  # fmt: skip


def _document(
    pk: int, content: dict[str, Any], right: dict[str, Any] | None, number: str | None, holder: str
) -> Document:
    """The document that `search.documents` would make of the listing once it is written."""
    parts = [content.get(name, "") for name in TEXT_COLUMNS[len(TITLES) : -1]]
    parts += [*content.get("keywords", ()), *content.get("ipc_codes", ()), number or "", holder]
    if right:
        parts += [right["title"], right["application_number"], right["registration_number"]]
    titles = "\n".join(filter(None, (content.get(name, "") for name in TITLES)))
    return document(pk, titles, "\n".join(filter(None, parts)))


def document_row(pk: int, found: Document, *, is_public: bool) -> tuple[bytes, ...]:
    """Values in the order of `DOCUMENT_COLUMNS` and in binary form."""
    length, analyser = pack("!i", found.length), pack("!h", ANALYSER)
    return (pack("!q", pk), found.terms_sent, found.weights_sent, length, pack("!?", is_public), analyser)


def _change(run: Run, work: Sequence[dict[str, Any]], at: datetime.datetime) -> None:
    wanted = {w["listing"]: w for w in work}
    locked = (
        Listing.objects.select_for_update(of=["self"])
        .select_related("holder")
        .prefetch_related("rights")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    listings = _as_compared(run, list(locked), wanted)
    publish = [x for x in listings if wanted[x.pk]["publish"] and x.state in PUBLISHED_BY_IMPORT]
    numbers = numbers_for(count=n, at=at) if (n := sum(x.number is None for x in publish)) else []
    with pghistory.context(source="import", run=str(run.public_id)):
        for listing in listings:
            planned = wanted[listing.pk]
            for name, value in planned["set"].items():
                setattr(listing, name, value)
            rights = _write_right(listing, planned["right"])
            derive(listing, rights, on=timezone.localdate(at))
            listing.raw_hash = planned["hash"]
            listing.revision += 1
            listing.reviewed_at = None
            listing.save()
        for listing in publish:
            first = {} if listing.number else {"number": numbers.pop(0), "registered_at": at}
            confirmed = timezone.localdate(at)
            LISTING_STATES.move(
                listing, ListingState.PUBLISHED, withdrawn_at=None, withdrawn_reason="", confirmed_on=confirmed, **first
            )
        for listing in listings:
            follow_rights(listing, by=run.approved_by, at=at)
    write_documents(list(locked.filter(pk__in=[listing.pk for listing in listings])), at=at)
    _tell([listing.pk for listing in listings if listing.is_public], at)


def _as_compared(run: Run, listings: list[Listing], wanted: dict[int, dict[str, Any]]) -> list[Listing]:
    """Those nobody edited since the comparison. A person's edit stands, and the run says so (lessons F58)."""
    edited = [x for x in listings if x.revision != wanted[x.pk]["seen"]]
    if edited:
        notes = []
        for listing in edited:
            said = problem(wanted[listing.pk]["row"], "edited_meanwhile", warning=True).as_json()
            notes.append(
                RunRow(
                    run=run, row=said["row"], action=RowAction.NOTE, key=listing.source_key, subject_id=listing.pk,
                    title=listing.title_ko or listing.title_en, problems=[said],
                )
            )  # fmt: skip
        RunRow.objects.bulk_create(notes)
        Run.objects.filter(pk=run.pk).update(changed=F("changed") - len(edited), left_out=F("left_out") + len(edited))
    return [x for x in listings if x.revision == wanted[x.pk]["seen"]]


def _write_right(listing: Listing, planned: dict[str, Any] | None) -> list[Right]:
    rights = list(listing.rights.all())
    if planned is None:
        return rights
    values = {name: _day(value) if name in DAYS else value for name, value in planned.items() if name != "id"}
    found = next((r for r in rights if r.pk == planned["id"]), None)
    if found is None and planned["id"] is None:
        found = right_meant(listing, planned)
    if found is None:
        if planned["id"] is not None:  # deleted by hand since the comparison: the person's word stands
            return rights
        found = Right(listing=listing)
        rights.append(found)
    for name, value in values.items():
        setattr(found, name, value)
    found.save()
    return rights


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _touch(hashes: dict[int, str]) -> None:
    """Only the mark by which an unchanged row is recognised next time: no version, no history."""
    listings = list(Listing.objects.filter(pk__in=hashes).only("pk", "raw_hash").order_by("pk"))
    for listing in listings:
        listing.raw_hash = hashes[listing.pk]
    Listing.objects.bulk_update(listings, ["raw_hash"], batch_size=500)


def _withdraw(run: Run, pk: int, at: datetime.datetime) -> None:
    listing = Listing.objects.get(pk=pk)
    if LISTING_STATES.can(listing, ListingState.WITHDRAWN):
        reason = _("No longer in the file of the source “%(source)s”.") % {"source": run.source.name}
        withdraw(listing=listing, reason=reason, by=run.approved_by, at=at)
