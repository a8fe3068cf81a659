import pytest
from django.urls import reverse

from taxonomy.services.load_product import load_product

pytestmark = pytest.mark.usefixtures("codes")


@pytest.fixture
def codes():
    for system in ("ipc", "region", "trl"):
        load_product(system=system)


@pytest.fixture
def get(client):
    def get(**query):
        return client.get(reverse("taxonomy-api:codes"), query)

    return get


def found(response):
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["results"]]


def test_everyone_may_read_without_signing_in(get):
    row = get(system="ipc", code="G").json()["results"][0]

    assert row == {
        "system": "ipc",
        "revision": "2022.01",
        "code": "G",
        "level": "section",
        "parent": None,
        "titles": {"ko": "물리학", "en": "Physics", "zh_hans": "物理"},
        "is_abolished": False,
        "valid_from": None,
        "valid_until": None,
    }


def test_nobody_may_write(client):
    url = reverse("taxonomy-api:codes")

    assert client.post(url, {}, content_type="application/json").status_code in {401, 403, 405}
    assert client.delete(url).status_code in {401, 403, 405}


def test_filters(get):
    assert found(get(system="ipc", level="section")) == list("ABCDEFGH")
    assert found(get(system="ipc", parent="H")) == ["H01", "H02", "H03", "H04", "H05", "H10", "H99"]
    assert found(get(system="ipc", q="G06V")) == ["G06V"]
    assert "H01M" in found(get(system="ipc", q="전지"))
    assert found(get(system="trl", level="step")) == list("123456789")
    assert found(get(system="region", revision="none")) == []


def test_abolished_codes_only_when_asked_for(get):
    assert "4200000000" not in found(get(system="region"))
    assert "4200000000" in found(get(system="region", abolished="true"))


@pytest.mark.parametrize(
    "query", [{"sytem": "ipc"}, {"system": "cpc"}, {"level": "top"}, {"limit": "many"}, {"abolished": "maybe"}]
)
def test_what_it_does_not_know_is_a_mistake(get, query):
    response = get(**query)

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == list(query)


def test_a_page_takes_a_fixed_number_of_queries(get, django_assert_num_queries):
    get(system="ipc", limit=1)

    with django_assert_num_queries(2):
        assert len(found(get(system="ipc", limit=100))) == 100
