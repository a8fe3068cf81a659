"""Who may do what with an import, as one table; and that a refusal changes nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from tech_listings.models import Listing, Run
from tech_listings.services.ingest_plan import plan_run
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import receive

WHO = ["anonymous", "stranger", "firm", "other institute", "viewer", "staff", "manager"]
IN = "in"
PAGES = {
    #          anonymous, stranger, firm, other, viewer, staff, manager
    "upload": [IN, 403, 403, 302, 403, 302, 302],
    "columns": [IN, 404, 404, 404, 403, 302, 302],
    "apply": [IN, 404, 404, 404, 403, 302, 302],
    "cancel": [IN, 404, 404, 404, 403, 302, 302],
    "again": [IN, 404, 404, 404, 403, 302, 302],
}
API = {
    "runs": [401, 403, 403, 201, 403, 201, 201],
    "run-mapping": [401, 404, 404, 404, 403, 200, 200],
    "run-apply": [401, 404, 404, 404, 403, 200, 200],
    "run-cancel": [401, 404, 404, 404, 403, 200, 200],
    "run-compare": [401, 404, 404, 404, 403, 200, 200],
}


class Scene:
    def __init__(self):
        source = SourceFactory()
        institute = source.organization
        run = receive(source, as_csv([row(1), row(2)]))
        self.run = plan_run(run_id=run.public_id, at=timezone.now())
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "firm": MembershipFactory(company=True).user,
            "other institute": MembershipFactory(institute=True).user,
            "viewer": MembershipFactory(organization=institute, role=Role.VIEWER).user,
            "staff": MembershipFactory(organization=institute).user,
            "manager": MembershipFactory(organization=institute, role=Role.MANAGER).user,
        }

    def rows(self):
        return [list(model.objects.order_by("pk").values()) for model in (Run, Listing)]


def upload():
    return SimpleUploadedFile("새 목록.csv", as_csv([row(7)]))


@pytest.mark.parametrize(
    ("action", "who", "expected"), [(a, w, s) for a, row in PAGES.items() for w, s in zip(WHO, row, strict=True)]
)
def test_pages(client, action, who, expected):
    scene = Scene()
    if scene.people[who]:
        sign_in(client, scene.people[who])
    before = scene.rows()
    arguments = [] if action == "upload" else [scene.run.public_id]
    data = {
        "upload": {"file": upload(), "source": "새 대장", "kind": "additions", "deal_kinds": ["assignment"]},
        "columns": {"column-1": "title", "column-0": "application_number"},
    }.get(action, {})

    response = client.post(reverse(f"tech_listings:ingest_{action}", args=arguments), data)

    assert response.status_code == (302 if expected == IN else expected)
    if expected == IN:
        assert reverse("account_login") in response["Location"]
    assert (scene.rows() != before) == (expected == 302)


@pytest.mark.parametrize(
    ("action", "who", "expected"), [(a, w, s) for a, row in API.items() for w, s in zip(WHO, row, strict=True)]
)
def test_api(client, action, who, expected):
    scene = Scene()
    if scene.people[who]:
        sign_in(client, scene.people[who])
    before = scene.rows()
    url = reverse(f"tech_listings-api:{action}", args=[] if action == "runs" else [scene.run.public_id])

    if action == "runs":
        response = client.post(url, {"file": upload(), "source": "새 대장"})
    elif action == "run-mapping":
        mapping = {"title": "발명의 명칭", "application_number": "출원번호"}
        response = client.put(url, {"mapping": mapping}, content_type="application/json")
    else:
        response = client.post(url, {}, content_type="application/json")

    assert response.status_code == expected
    assert (scene.rows() != before) == (expected < 300)


@pytest.mark.parametrize("name", ["ingest_run", "ingest_errors"])
def test_what_an_institute_imports_is_nobody_elses_business(client, name):
    scene = Scene()
    url = reverse(f"tech_listings:{name}", args=[scene.run.public_id])

    for who, expected in {"firm": 404, "other institute": 404, "viewer": 200, "staff": 200}.items():
        sign_in(client, scene.people[who])
        assert client.get(url).status_code == expected
