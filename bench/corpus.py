"""500,000 made-up published technologies in a database that stays between runs (`BENCH_LISTINGS` says how many).

Built anew where their number, the analyser, the encoder or `VERSION` changed. Texts: see `bench.made_up`. Documents are
made by the product's own code and written by its own COPY; the large indexes come after the rows.

The vectors of meaning are made up: the encoder does about 100 texts a second, which would take hours. Up to 5,000 real
texts are encoded; a listing has the vector of its base, mixed with that of a neighbour and with noise, of length 1.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

from bench.database import keep, stored_database

VERSION = 2
SIZE = int(os.environ.get("BENCH_LISTINGS") or 500_000)
ENCODED, CHUNK, PROCESSES = 5_000, 1_000, 2
HOLDERS = 240
YEARS = 8
NEIGHBOUR, NOISE = 0.4, 0.55
"""Shares of a neighbour's vector and of noise beside the base's: two listings of one base then have a cosine of about
0.75, two of any others that of their bases less a fifth."""

FOLDER = Path(__file__).resolve().parents[1] / ".local" / "bench"
STEPS = 2_000


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "corpus", **what}, ensure_ascii=False), flush=True)


def open_corpus() -> None:
    """Work in the database of the corpus from here on; build it where it is not there."""
    django.setup()
    from tech_listings.search.meaning import MODEL
    from tech_listings.search.terms import ANALYSER

    name = f"bench_search_{SIZE}"
    key = f"corpus {VERSION}, {SIZE} listings, analyser {ANALYSER}, model {MODEL}"
    if stored_database(name, key):
        tell(database=name, what="the stored one is used", holds=key, meanings=HOW_MEANT)
        return
    start = time.perf_counter()
    _build()
    keep(key)
    tell(database=name, what="built", seconds=round(time.perf_counter() - start), holds=key, meanings=HOW_MEANT)


HOW_MEANT = f"vectors mixed from {ENCODED:,} encoded texts, not encoded one by one"


def index_folder() -> Path:
    """Where the yardstick's index of the same texts lies."""
    return FOLDER / f"tantivy_{SIZE}_v{VERSION}"


def _build() -> None:
    from django.db import connection

    from tech_listings.services.refresh_terms import refresh_terms

    vectors = _step("vectors of real texts", encoded_bases)
    at = datetime.now().astimezone()
    _holders()
    with _patient() as cursor:
        for name in _large_indexes():
            cursor.execute(f"DROP INDEX {name}")
    _step("texts, documents, rows", lambda: _write_all(vectors, at))
    _step("index of the yardstick", _index_terms)
    with _patient() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('tech_listings_listing', 'id'), {SIZE})")
        for name, (model, index) in _large_indexes().items():
            with connection.schema_editor() as editor:
                _step(f"index {name}", lambda e=editor, m=model, i=index: e.add_index(m, i))
        _step("vacuum", lambda: cursor.execute("VACUUM (ANALYZE)"))
        _step("statistics of terms", lambda: refresh_terms(at=at))
        cursor.execute("VACUUM (ANALYZE) tech_listings_searchterm")
        cursor.execute("CHECKPOINT")


def _step(what: str, work: Any) -> Any:
    start = time.perf_counter()
    made = work()
    tell(step=what, seconds=round(time.perf_counter() - start, 1))
    return made


@contextmanager
def _patient() -> Iterator[Any]:
    """A cursor for long work on much memory; its connection ends with it."""
    from django.db import connection, connections

    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout TO 0; SET maintenance_work_mem TO '1GB'")
            cursor.execute("SET max_parallel_maintenance_workers TO 2; SET synchronous_commit TO off")
            yield cursor
    finally:
        connections.close_all()


def _large_indexes() -> dict[str, tuple[Any, Any]]:
    """Those that are quicker to make after the rows: name -> (model, index)."""
    from tech_listings.models import Listing, ListingDocument, ListingMeaning

    models = (Listing, ListingDocument, ListingMeaning)
    return {index.name: (model, index) for model in models for index in model._meta.indexes}


def encoded_bases() -> dict[tuple[str, int], Any]:
    """(language, place of the base) -> vector. Kept in a file: the encoder takes a minute for them."""
    import numpy as np

    from bench.made_up import DATA, to_encode
    from tech_listings.search.meaning import MODEL, encode

    texts = to_encode(ENCODED)
    source = "real" if (DATA / "patents").is_dir() else "demo"
    path = FOLDER / f"vectors_{VERSION}_{MODEL}_{source}_{len(texts)}.npy"
    if path.is_file():
        table = np.load(path)
    else:
        parts = [texts[n : n + 50] for n in range(0, len(texts), 50)]
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            made = pool.map(encode, [[text for _language, _n, text in part] for part in parts], chunksize=1)
        table = np.array([vector for part in made for vector in part], dtype=np.float32)
        np.save(path, table)
    return {(language, n): table[i] for i, (language, n, _text) in enumerate(texts)}


def _holders() -> None:
    from accounts.models import Organization
    from accounts.numbers import business_check_digit

    kinds = ("university", "university", "government_funded", "national", "other")
    made = []
    for n in range(HOLDERS):
        nine = f"{101 + n:03d}82{n + 1:04d}"
        made.append(
            Organization(
                kind="institute", institute_kind=kinds[n % len(kinds)], name=f"가온{n + 1}연구원",
                name_en=f"Gaon Institute {n + 1}", business_number=f"{nine}{business_check_digit(nine)}",
            )
        )  # fmt: skip
    Organization.objects.bulk_create(made)


def _write_all(vectors: dict[tuple[str, int], Any], at: datetime) -> None:
    """In `PROCESSES` processes, each every second chunk; this one tells how far they are."""
    from django.db import connections

    from accounts.models import Organization
    from bench.made_up import bases

    bases()  # read once, before the processes part
    holders = list(Organization.objects.order_by("pk").values_list("pk", "name", "name_en"))
    context = multiprocessing.get_context("fork")
    done = context.Value("i", 0)
    connections.close_all()  # a connection must not be shared with the children
    workers = [context.Process(target=_write_part, args=(n, vectors, holders, at, done)) for n in range(PROCESSES)]
    for worker in workers:
        worker.start()
    start = told = time.monotonic()
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.5)
        if time.monotonic() - told > 15:
            told = time.monotonic()
            tell(listings=done.value, of=SIZE, per_second=round(done.value / (told - start)))
    if any(worker.exitcode for worker in workers):
        raise SystemExit("a process that writes the corpus failed, see above")


def _write_part(part: int, vectors: Any, holders: Any, at: datetime, done: Any) -> None:
    from django.db import transaction

    with _patient() as cursor, (FOLDER / f"terms_{SIZE}_{part}").open("w", encoding="utf-8") as out:
        # The rows are ours and whole: references are not looked up one by one.
        cursor.execute("SET session_replication_role TO replica")
        for number in range(part, -(-SIZE // CHUNK), PROCESSES):
            with transaction.atomic():
                _write_chunk(number, vectors, holders, at, out)
            with done.get_lock():
                done.value += min(CHUNK, SIZE - number * CHUNK)


def _write_chunk(number: int, vectors: Any, holders: Any, at: datetime, out: Any) -> None:
    import random

    from bench.made_up import made_up
    from marketplace.core.ids import uuid7
    from tech_listings.enums import DealKind
    from tech_listings.models import Listing, ListingDocument, ListingMeaning, Right
    from tech_listings.numbers import listing_number
    from tech_listings.search.meaning import MODEL
    from tech_listings.search.terms import terms_in
    from tech_listings.services import ingest_write as product
    from tech_listings.services.edit import RIGHT_FIELDS
    from tech_listings.services.ingest_copy import array, copy_binary, copy_rows

    first = number * CHUNK + 1
    count = min(CHUNK, SIZE - first + 1)
    chance = random.Random(f"rows from {first}")
    classes = st_classes()
    deals = [array(chance.sample(DealKind.values, k)) for k in (1, 1, 1, 2, 2, 3) for _ in range(8)]
    listings, rights, documents, bases = [], [], [], []
    for pk, made in enumerate(made_up(first, count), start=first):
        holder, *names = chance.choice(holders)
        then = at - timedelta(days=365 * YEARS) * (1 - pk / SIZE)
        no_source: Any = None
        same = product.Same(
            then.isoformat(), then.date().isoformat(), holder, no_source, None, chance.choice(deals), ""
        )  # fmt: skip
        right = _right(pk, made.content, then, chance)
        content = made.content | {"st_class": chance.choice(classes)}
        listing_no = listing_number(then.year, pk)
        record = {"key": "", "raw_hash": ""}
        summary = product._summary(right, at.date().isoformat())
        listings.append(product._listing_row(same, pk, record, content, summary, listing_no))
        rights.append((uuid7(), same.at, same.at, pk, *(right[name] for name in RIGHT_FIELDS)))
        found = product._document(pk, content, right, listing_no, "\n".join(names))
        documents.append(product.document_row(pk, found, is_public=True))
        bases.append((made.language, made.base))
        titles = " ".join(text for name, text in content.items() if name.startswith("title"))
        body = " ".join(text for name, text in content.items() if name.startswith("summary"))
        out.write(f"{pk}\t{' '.join(terms_in(body) + 3 * terms_in(titles))}\n")
    copy_rows(Listing, product.LISTING_COLUMNS, listings)
    copy_rows(Right, product.RIGHT_COLUMNS, rights)
    copy_binary(ListingDocument, product.DOCUMENT_COLUMNS, documents)
    meant = zip(range(first, first + count), mixed(bases, vectors, number), strict=True)
    copy_rows(ListingMeaning, ("listing_id", "vector", "model", "attempts"), [(pk, v, MODEL, 0) for pk, v in meant])


def st_classes() -> list[str]:
    from tech_listings.queries import st_majors

    return [str(code) for code, _title in st_majors()]


def _right(pk: int, content: dict[str, Any], then: datetime, chance: Any) -> dict[str, Any]:
    """A patent of our own invention: the numbers are beyond those the office has given."""
    is_granted = chance.random() < 0.7
    applied = (then - timedelta(days=chance.randint(300, 1500))).date()
    return {
        "kind": "patent", "country": "KR", "title": content.get("title_ko") or content["title_en"],
        "application_number": f"10{applied.year}{9_000_000 + pk:07d}", "application_on": applied.isoformat(),
        "publication_number": "", "publication_on": None,
        "registration_number": f"10{9_000_000 + pk:07d}0000" if is_granted else "",
        "registration_on": then.date().isoformat() if is_granted else None,
        "status": "registered" if is_granted else "published", "expires_on": None, "applicants": "",
    }  # fmt: skip


_WRITTEN = [f"{n / STEPS:.4f}" for n in range(STEPS + 1)] + [f"{(n - STEPS) / STEPS:.4f}" for n in range(STEPS)]
"""What n/STEPS is written as, from -1 to 1, the negative ones from the end: half precision knows no more."""


def mixed(bases: list[tuple[str, int]], vectors: dict[tuple[str, int], Any], seed: int) -> list[str]:
    """halfvec literals of listings with these bases."""
    import numpy as np

    chance = np.random.default_rng(seed)
    keys = {language: [key for key in vectors if key[0] == language] for language in ("ko", "en", "zh")}

    def known(base: tuple[str, int], step: int) -> Any:
        among = keys[base[0]]
        return vectors[among[(base[1] + step) % len(among)]]

    own = np.array([known(base, 0) for base in bases])
    near = np.array(
        [known(base, int(step)) for base, step in zip(bases, chance.integers(1, 12, len(bases)), strict=True)]
    )
    noise = chance.normal(0, own.shape[1] ** -0.5, own.shape)
    table = own + NEIGHBOUR * near + NOISE * noise
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    written = _WRITTEN
    return ["[" + ",".join([written[n] for n in row]) + "]" for row in np.rint(table * STEPS).astype(int).tolist()]


def _index_terms() -> None:
    """The yardstick's index, of the same terms: it is given them as words between spaces."""
    import shutil

    import tantivy

    folder = index_folder()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    schema = tantivy.SchemaBuilder()
    schema.add_unsigned_field("pk", stored=True)
    schema.add_text_field("terms", stored=False, tokenizer_name="whitespace", index_option="freq")
    index = tantivy.Index(schema.build(), path=str(folder))
    writer = index.writer(heap_size=256_000_000, num_threads=PROCESSES)
    for path in sorted(FOLDER.glob(f"terms_{SIZE}_*")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                pk, _tab, terms = line.rstrip("\n").partition("\t")
                writer.add_document(tantivy.Document(pk=int(pk), terms=terms))
        path.unlink()
    writer.commit()
    writer.wait_merging_threads()


def main() -> bool:
    open_corpus()
    return True
