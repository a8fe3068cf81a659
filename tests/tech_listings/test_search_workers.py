"""What workers do for search: meanings, counts of terms, roll-over, rebuild; and the measurement."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from tech_listings import tasks  # noqa: F401 - an eager task must be known
from tech_listings.events import listing_meanings_made
from tech_listings.models import Listing, ListingDocument, ListingMeaning, SearchState, SearchTerm
from tech_listings.search import meaning
from tech_listings.search.language import understand
from tech_listings.search.ranking import find
from tech_listings.search.terms import ANALYSER, term_id
from tech_listings.services import embed, evaluate, rebuild, refresh_terms
from tech_listings.services.edit import edit_listing
from tests.factories.accounts import UserFactory
from tests.factories.tech_listings import ListingFactory, publish
from tests.threads import at_once


def test_a_published_listing_gets_its_meaning_and_upper_apps_hear_of_it():
    heard = []

    def hear(sender, listing_ids, **kwargs):
        heard.extend(listing_ids)

    listing_meanings_made.connect(hear)
    try:
        listing, draft = ListingFactory(), ListingFactory(draft=True)
        assert embed.embed_due(at=timezone.now()) == 1
        assert embed.embed_due(at=timezone.now()) == 0
    finally:
        listing_meanings_made.disconnect(hear)
    row = ListingMeaning.objects.get(listing=listing)
    assert (row.model, row.due_at, row.attempts) == (meaning.MODEL, None, 0)
    assert abs(sum(x * x for x in row.vector) - 1) < 0.01
    assert heard == [listing.pk]
    assert ListingMeaning.objects.get(listing=draft).vector is None


def test_an_edit_makes_it_due_again_and_the_old_vector_serves_until_then():
    listing = ListingFactory(title_ko="수소")
    embed.embed_due(at=timezone.now())
    before = ListingMeaning.objects.get(listing=listing).vector
    edit_listing(
        listing=listing,
        content={"title_ko": "콘크리트"},
        rights=None,
        seen_revision=1,
        by=UserFactory(),
        at=timezone.now(),
    )
    row = ListingMeaning.objects.get(listing=listing)
    assert row.due_at is not None
    assert row.vector == before
    embed.embed_due(at=timezone.now())
    assert ListingMeaning.objects.get(listing=listing).vector != before


def test_one_text_that_fails_is_put_off_and_holds_up_no_other(monkeypatch):
    bad, good = ListingFactory(title_ko="나쁜 글"), ListingFactory(title_ko="좋은 글")
    encode = meaning.encode

    def fails(texts):
        if any("나쁜" in text for text in texts):
            raise RuntimeError("the encoder fails on this")
        return encode(texts)

    monkeypatch.setattr(meaning, "encode", fails)
    now = timezone.now()
    assert embed.embed_due(at=now) == 2
    assert ListingMeaning.objects.get(listing=good).vector is not None
    put_off = ListingMeaning.objects.get(listing=bad)
    assert (put_off.vector, put_off.attempts, put_off.due_at) == (None, 1, now + embed.PAUSE)
    assert embed.embed_due(at=now) == 0, "not before its time"
    monkeypatch.setattr(meaning, "encode", encode)
    assert embed.embed_due(at=now + embed.PAUSE) == 1
    assert ListingMeaning.objects.get(listing=bad).vector is not None


def test_what_is_published_or_changed_by_hand_does_not_wait_for_an_import():
    now = timezone.now()
    imported = [ListingFactory() for _ in range(3)]
    ListingMeaning.objects.update(due_at=now - timedelta(hours=1))
    draft, changed = ListingFactory(draft=True), ListingFactory()
    publish(listing=draft, by=UserFactory(), at=now)
    embed.embed_due(at=now, most=1)
    assert ListingMeaning.objects.get(listing=draft).vector is not None
    edit_listing(
        listing=changed, content={"title_ko": "콘크리트"}, rights=None, seen_revision=1, by=UserFactory(), at=now
    )
    embed.embed_due(at=now, most=1)
    assert ListingMeaning.objects.get(listing=changed).vector is not None
    assert not ListingMeaning.objects.filter(listing__in=imported, vector__isnull=False).exists()
    assert not ListingMeaning.objects.filter(by_hand=True).exists()

    # Done once, it is as any other when the encoder changes.
    embed.embed_due(at=now)
    assert not ListingMeaning.objects.filter(due_at__isnull=False).exists()


def test_whose_turn_it_is_is_known_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute("SET LOCAL enable_sort TO off")
        turn = ListingMeaning.objects.filter(due_at__lte=timezone.now()).order_by("-by_hand", "due_at")[:32]
        sql, params = turn.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "meaning_in_turn" in plan
    assert "Sort" not in plan


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work():
    for _ in range(6):
        ListingFactory()
    now = timezone.now()
    done = at_once(lambda: embed.embed_due(at=now, most=3), lambda: embed.embed_due(at=now, most=3))
    assert sorted(done) == [3, 3]
    assert ListingMeaning.objects.filter(due_at__isnull=True).count() == 6


def test_a_new_model_rolls_over_in_the_background(monkeypatch):
    ListingFactory()
    embed.embed_due(at=timezone.now())
    assert embed.renew_old_models(at=timezone.now()) == 0
    monkeypatch.setattr(meaning, "MODEL", 2)
    assert embed.renew_old_models(at=timezone.now()) == 1
    assert ListingMeaning.objects.get().vector is not None
    embed.embed_due(at=timezone.now())
    assert ListingMeaning.objects.get().model == 2


def test_terms_are_counted_of_what_is_published():
    for title in ("수소 탱크", "수소 밸브"):
        ListingFactory(title_ko=title)
    ListingFactory(title_ko="수소 초안", draft=True)
    at = timezone.now()
    assert refresh_terms.is_due(at=at)
    assert refresh_terms.refresh_terms(at=at) == 2
    assert SearchTerm.objects.get(pk=term_id("수소")).documents == 2
    assert not SearchTerm.objects.filter(pk=term_id("초안")).exists()
    assert not SearchTerm.objects.filter(pk=term_id("#0")).exists()
    assert not refresh_terms.is_due(at=at)
    assert refresh_terms.is_due(at=at + timedelta(days=2))
    ListingFactory(title_ko="수소 셋째")
    assert refresh_terms.is_due(at=at)
    refresh_terms.refresh_terms(at=at)
    assert SearchTerm.objects.get(pk=term_id("수소")).documents == 3
    Listing.objects.filter(title_ko__regex="셋째|탱크").update(state="withdrawn", withdrawn_at=at)
    refresh_terms.refresh_terms(at=at)
    assert not SearchTerm.objects.filter(pk=term_id("수소")).exists(), "once is not counted"


@pytest.mark.django_db(transaction=True)
def test_readers_are_not_held_up_while_terms_are_counted():
    ListingFactory(title_ko="수소"), ListingFactory(title_ko="수소")
    refresh_terms.refresh_terms(at=timezone.now())
    with transaction.atomic():
        SearchTerm.objects.update(documents=99)
        refresh_terms.refresh_terms(at=timezone.now())

        def read():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout TO '200ms'")
            return SearchTerm.objects.get(pk=term_id("수소")).documents

        assert at_once(read) == [2]
        assert at_once(lambda: refresh_terms.refresh_terms(at=timezone.now())) == [None], "one at a time"


def test_documents_of_an_older_analyser_are_found_and_made_anew():
    listing = ListingFactory(title_ko="수소 탱크")
    ListingDocument.objects.update(analyser=ANALYSER - 1, weights="{}/536870912")
    assert find(Listing.objects.published(), understand("수소")).ids == [listing.pk]
    assert rebuild.rebuild_outdated(at=timezone.now()) == 1
    assert rebuild.rebuild_outdated(at=timezone.now()) == 0
    row = ListingDocument.objects.get()
    assert row.analyser == ANALYSER
    assert row.weights.indices()


def test_a_rebuild_goes_on_where_it_was_interrupted():
    for _ in range(6):
        ListingFactory()
    ListingDocument.objects.update(length=0)
    seen = []

    def stop_after_two(done):
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild_all(at=timezone.now(), batch=2, tell=stop_after_two)
    assert ListingDocument.objects.filter(length=0).count() == 2
    assert rebuild.rebuild_all(at=timezone.now(), batch=2) == 2
    assert not ListingDocument.objects.filter(length=0).exists()
    assert SearchState.objects.get().rebuild_from is None


def test_the_command_rebuilds_and_counts(capsys):
    ListingFactory(title_ko="수소"), ListingFactory(title_ko="수소")
    ListingDocument.objects.update(analyser=1)
    call_command("rebuild_search", meanings=True)
    assert "2 documents made anew, terms of 2" in capsys.readouterr().out
    assert ListingMeaning.objects.filter(due_at__isnull=False).count() == 0
    call_command("rebuild_search", every=True)
    assert "2 documents made anew" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_rebuild_and_an_edit_do_not_overtake_each_other():
    listing = ListingFactory(title_ko="수소")
    by = UserFactory()

    def edit():
        return edit_listing(
            listing=listing, content={"title_ko": "콘크리트"}, rights=None, seen_revision=1, by=by, at=timezone.now()
        )

    at_once(edit, lambda: rebuild.rebuild_all(at=timezone.now()))
    assert find(Listing.objects.published(), understand("콘크리트"), by_meaning=False).ids == [listing.pk]
    assert find(Listing.objects.published(), understand("수소"), by_meaning=False).ids == []


@contextmanager
def held_by_another(listing, until):
    """Somebody else's transaction that changes the listing, until `until` is set."""
    began = threading.Event()

    def change():
        with transaction.atomic():
            Listing.objects.select_for_update().get(pk=listing.pk)
            began.set()
            until.wait(10)
        connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    assert began.wait(10)
    yield
    until.set()
    thread.join(10)


@pytest.mark.django_db(transaction=True)
def test_a_listing_that_somebody_holds_is_rebuilt_in_the_end():
    listings = [ListingFactory() for _ in range(4)]
    ListingDocument.objects.update(length=0)
    let_go = threading.Event()

    def at_the_last(done, batches=[]):  # noqa: B006 - counts the calls
        batches.append(done)
        if len(batches) == 2:
            let_go.set()

    with held_by_another(listings[0], let_go):
        assert rebuild.rebuild_all(at=timezone.now(), batch=2, tell=at_the_last) == 4
    assert not ListingDocument.objects.filter(length=0).exists()
    assert not ListingDocument.objects.filter(rebuild.outdated()).exists()


@pytest.mark.django_db(transaction=True)
def test_a_listing_that_nobody_lets_go_is_left_to_the_background_and_said(capsys, monkeypatch):
    listings = [ListingFactory() for _ in range(3)]
    ListingDocument.objects.update(length=0)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout TO '100ms'")
    with held_by_another(listings[0], threading.Event()):
        call_command("rebuild_search", every=True)
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    said = capsys.readouterr().out
    assert "2 documents made anew" in said
    assert "1 are of listings that somebody is changing" in said
    assert ListingDocument.objects.get(length=0).pk == listings[0].pk
    assert rebuild.rebuild_outdated(at=timezone.now()) == 1
    assert not ListingDocument.objects.filter(length=0).exists()


@pytest.mark.django_db(transaction=True)
def test_outdated_documents_behind_a_held_one_are_not_left_waiting():
    listings = [ListingFactory() for _ in range(2)]
    ListingDocument.objects.update(analyser=ANALYSER - 1)
    with held_by_another(listings[0], threading.Event()):
        assert rebuild.rebuild_outdated(at=timezone.now(), most=1) == 1
    assert ListingDocument.objects.get(analyser=ANALYSER).pk == listings[1].pk


@pytest.mark.django_db(transaction=True)
def test_publishing_wakes_a_worker_and_a_broker_that_is_away_costs_nothing(monkeypatch):
    draft = ListingFactory(draft=True)
    by = UserFactory()
    published = publish(listing=draft, by=by, at=timezone.now())
    assert ListingMeaning.objects.get(listing=published).vector is not None, "tasks run at once in tests"

    def away(*args, **kwargs):
        raise ConnectionError("the broker is away")

    monkeypatch.setattr(current_app, "signature", away)
    other = publish(listing=ListingFactory(draft=True), by=by, at=timezone.now())
    assert ListingMeaning.objects.get(listing=other).vector is None
    assert embed.embed_due(at=timezone.now()) == 1


@pytest.fixture
def files(tmp_path):
    documents, queries, qrels = (tmp_path / name for name in ("d.jsonl", "q.jsonl", "r.tsv"))
    texts = {"a": "수소를 저장하는 합금", "b": "콘크리트 균열을 메우는 미생물", "c": "solid electrolyte sheet"}
    documents.write_text("".join(json.dumps({"id": k, "title": "", "text": v}) + "\n" for k, v in texts.items()))
    queries.write_text('{"query_id": "q1", "text": "수소 저장"}\n{"id": "q2", "text": "electrolytes"}\n')
    qrels.write_text("query_id\tdoc_id\tgrade\nq1\ta\t1\nq2\tc\t2\nq2\ta\t-1\n")
    return {"documents": documents, "queries": queries, "qrels": qrels}


def test_the_measurement_measures_and_touches_nothing(files, capsys):
    listing = ListingFactory(title_ko="수소 저장")
    call_command("search_eval", json=True, **files)
    found = json.loads(capsys.readouterr().out)
    assert {k: found[k] for k in ("documents", "questions", "ndcg@10", "recall@10", "mrr", "hit@1")} == {
        "documents": 3, "questions": 2, "ndcg@10": 1.0, "recall@10": 1.0, "mrr": 1.0, "hit@1": 1.0,
    }  # fmt: skip
    assert found["ms_per_query"] > 0
    assert list(Listing.objects.values_list("pk", flat=True)) == [listing.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'search_eval%%'", [])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("documents", "not json\n", "d.jsonl, line 1: not JSON"),
        ("documents", '{"title": "x"}\n', "d.jsonl, line 1: id or doc_id is missing."),
        ("documents", "[]\n", "line 1: expected an object"),
        ("qrels", "q1\ta\n", "r.tsv, line 1: expected query_id, doc_id and grade"),
        ("qrels", "q1\ta\t1\nq1\tb\tmuch\n", "r.tsv, line 2: the grade 'much' is not a number."),
        ("qrels", "", "There is nothing to measure"),
    ],
)
def test_files_that_cannot_be_used_say_where_and_why(files, name, text, said):
    files[name].write_text(text)
    with pytest.raises(CommandError, match=said.replace("(", r"\(")):
        call_command("search_eval", **files)


def test_a_missing_file_is_named(files, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("search_eval", **files | {"queries": tmp_path / "gone"})


def schemas():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY 1", [evaluate.SCHEMAS])
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_measurement_left_behind_goes_and_one_at_work_stays():
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA search_eval_1_1; CREATE TABLE search_eval_1_1.left_behind (id int)")
    at_work, end = threading.Event(), threading.Event()
    running = []

    def another():
        with evaluate.scratch_place():
            running.extend(schemas())
            at_work.set()
            end.wait(10)
        connection.close()

    thread = threading.Thread(target=another)
    thread.start()
    assert at_work.wait(10)
    assert len(running) == 1
    assert "search_eval_1_1" not in running
    try:
        with evaluate.scratch_place():
            assert set(running) < set(schemas())
    finally:
        end.set()
        thread.join(10)
    assert schemas() == []
