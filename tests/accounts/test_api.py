import pytest

from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in

ORGANIZATIONS = "/api/v1/organizations/"


def names(response):
    return [row["name"] for row in response.json()["results"]]


def test_me(client):
    membership = MembershipFactory(institute=True)
    sign_in(client, membership.user)
    body = client.get("/api/v1/me/").json()
    assert body["id"] == str(membership.user.public_id)
    assert body["organization"]["id"] == str(membership.organization.public_id)
    assert body["memberships"] == [
        {
            "organization": {
                "id": str(membership.organization.public_id),
                "kind": "institute",
                "name": membership.organization.name,
            },
            "role": "staff",
            "permissions": [
                "view_organization",
                "edit_listings",
                "publish_listings",
                "import_listings",
                "answer_requests",
                "answer_needs",
                "view_results",
                "edit_results",
                "import_projects",
                "ask_exemptions",
                "rate_brokers",
                "negotiate",
                "keep_royalties",
                "answer_survey",
            ],
        }
    ]


def test_me_needs_a_login(client):
    response = client.get("/api/v1/me/")
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_me_is_changed(client):
    user = UserFactory()
    sign_in(client, user)
    response = client.patch("/api/v1/me/", {"mail_rate": "daily"}, content_type="application/json")
    assert response.json()["mail_rate"] == "daily"
    user.refresh_from_db()
    assert user.mail_rate == "daily"


@pytest.mark.parametrize(
    "change", [{"mail_rate": "hourly"}, {"email": "x@example.org"}, {"is_superuser": True}, {"name": ""}]
)
def test_mistakes_change_nothing(client, change):
    user = UserFactory()
    sign_in(client, user)
    response = client.patch("/api/v1/me/", change, content_type="application/json")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(change)
    email, name = user.email, user.name
    user.refresh_from_db()
    assert (user.email, user.name, user.mail_rate, user.is_superuser) == (email, name, "immediate", False)


def test_organizations_are_public_and_filtered(client):
    OrganizationFactory(institute=True, name="가온대학교", region_code="1100000000")
    OrganizationFactory(name="한빛정밀", region_code="2600000000")
    assert names(client.get(ORGANIZATIONS)) == ["가온대학교", "한빛정밀"]
    assert names(client.get(ORGANIZATIONS, {"kind": "company"})) == ["한빛정밀"]
    assert names(client.get(ORGANIZATIONS, {"institute_kind": "university"})) == ["가온대학교"]
    assert names(client.get(ORGANIZATIONS, {"region": "1100000000"})) == ["가온대학교"]
    assert names(client.get(ORGANIZATIONS, {"q": "한빛"})) == ["한빛정밀"]


@pytest.mark.parametrize("query", [{"kind": "club"}, {"colour": "red"}, {"region": "1"}])
def test_what_cannot_be_asked_is_400(client, query):
    response = client.get(ORGANIZATIONS, query)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(query)


def test_one_organization(client):
    organization = OrganizationFactory(institute=True)
    body = client.get(f"{ORGANIZATIONS}{organization.public_id}/").json()
    assert body["name"] == organization.name
    assert "business_number" not in body
    assert client.get(f"{ORGANIZATIONS}{UserFactory().public_id}/").status_code == 404


@pytest.mark.parametrize("size", [1, 15])
def test_the_list_asks_the_same_number_of_questions(client, django_assert_num_queries, size):
    OrganizationFactory.create_batch(size, institute=True)
    with django_assert_num_queries(2):
        answer = client.get(ORGANIZATIONS)
    assert (answer.status_code, answer.json()["count"]) == (200, size)
