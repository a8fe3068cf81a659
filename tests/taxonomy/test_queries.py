import pytest
from django.core.cache import cache
from django.utils import translation
from redis.exceptions import ConnectionError as CacheAway

from taxonomy import queries
from taxonomy.models import Code
from taxonomy.services.load_product import load_product


@pytest.fixture
def ipc():
    load_product(system="ipc")


@pytest.mark.usefixtures("ipc")
def test_choices_speak_the_reader_s_language():
    with translation.override("zh-hans"):
        assert ("G", "物理") in queries.choices("ipc", "section")
    assert ("G", "Physics") in queries.choices("ipc", "section", "en")


@pytest.mark.usefixtures("ipc")
def test_choices_below_one_code():
    assert [code for code, _title in queries.choices("ipc", "class", "en", parent="H")] == [
        "H01",
        "H02",
        "H03",
        "H04",
        "H05",
        "H10",
        "H99",
    ]


@pytest.mark.usefixtures("ipc")
def test_a_symbol_not_loaded_is_called_by_the_nearest_one_above():
    assert queries.titles("ipc", ["G06V 10/82", "Z99"], "en") == {}
    assert queries.titles("ipc", ["G06V 10/82", "Z99"], "en", or_ancestor=True) == {
        "G06V 10/82": "Image or video recognition or understanding"
    }
    assert queries.unknown("ipc", ["G06V", "G06V 10/82", ""]) == {"G06V 10/82"}


@pytest.mark.usefixtures("ipc")
def test_titles_and_paths_take_a_fixed_number_of_queries(django_assert_num_queries):
    with django_assert_num_queries(1):
        queries.titles("ipc", ["A01B", "G06F", "H01L 21/02", "H01M 10/0525"], "ko", or_ancestor=True)
    with django_assert_num_queries(1):
        assert len(queries.path("ipc", "H01L")) == 3
    with django_assert_num_queries(2):
        queries.choices("ipc", "class", "ko")
    with django_assert_num_queries(0):
        queries.choices("ipc", "class", "en")


def test_nothing_loaded_is_nothing_offered():
    assert queries.choices("ipc", "class") == []
    assert queries.current_revision("ipc") == ""
    assert queries.children("ipc", "A") == []
    assert queries.path("ipc", "A") == []


@pytest.mark.usefixtures("ipc")
def test_a_load_is_seen_at_once(django_capture_on_commit_callbacks):
    queries.choices("ipc", "section", "en")
    Code.objects.filter(code="G").update(title_en="Old physics")
    assert ("G", "Physics") in queries.choices("ipc", "section", "en"), "remembered"

    with django_capture_on_commit_callbacks(execute=True):
        load_product(system="ipc")
        Code.objects.filter(code="H").update(title_en="Electrics")

    assert ("H", "Electrics") in queries.choices("ipc", "section", "en")


@pytest.mark.usefixtures("ipc")
def test_without_the_cache_the_table_is_asked(monkeypatch):
    def away(*args, **kwargs):
        raise CacheAway

    for name in ("get", "set", "delete_many"):
        monkeypatch.setattr(cache, name, away, raising=False)

    assert len(queries.choices("ipc", "section", "en")) == 8
    queries.forget()
