"""The same main job by a program: a token from the page, then only the API."""

import pytest

from tests.factories.accounts import MembershipFactory

FILE = """\
관리번호,기술명,초록
K-1,수소차용 저장 탱크,압력 700기압에서 수소를 담는다.
,번호가 없는 줄,어느 기술인지 모른다.
"""


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def token_of(visit, user):
    page = visit(user, "/me/tokens/")
    page.get_by_label("Name").fill("Nightly upload")
    page.get_by_role("button", name="Make a token").click()
    return page.locator(".token-text").inner_text()


@pytest.fixture
def program(browser, live_server):
    """Calls as a program makes them; returns the status and the JSON."""
    contexts = []

    def make(token):
        headers = {"Authorization": f"Token {token}"} if token else {}
        context = browser.new_context(base_url=live_server.url, extra_http_headers=headers)
        contexts.append(context)

        def call(method, path, **sent):
            answer = context.request.fetch(f"/api/v1/{path}", method=method, **sent)
            return answer.status, answer.json()

        return call

    yield make
    for context in contexts:
        context.close()


def test_upload_apply_find_ask_answer(visit, program):
    office = MembershipFactory(institute=True)
    firm = MembershipFactory(company=True)
    seller, buyer, anybody = program(token_of(visit, office.user)), program(token_of(visit, firm.user)), program("")

    file = {"name": "목록.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp949")}
    status, run = seller("POST", "ingestion-runs/", multipart={"file": file, "source": "특허대장"})
    assert (status, run["state"]) == (201, "planning")
    status, run = seller("GET", f"ingestion-runs/{run['id']}/")
    assert (status, run["state"], run["added"], run["refused"]) == (200, "planned", 1, 1)
    assert seller("POST", "ingestion-runs/", multipart={"file": file, "source": "특허대장"})[0] == 200
    status, rows = seller("GET", f"ingestion-runs/{run['id']}/rows/?action=refuse")
    assert rows["results"][0]["problems"][0]["what_to_do"]
    status, applied = seller("POST", f"ingestion-runs/{run['id']}/apply/", data={})
    assert (status, applied["to_do"]) == (200, 1)
    assert seller("GET", f"ingestion-runs/{run['id']}/")[1]["state"] == "applied"

    status, found = anybody("GET", "listings/?q=수소")
    (listing,) = found["results"]
    assert anybody("GET", "listings/?colour=red")[0] == 400
    assert anybody("POST", "requests/", data={})[0] == 401

    wish = {"listing": listing["number"], "deal_kind": "non_exclusive_licence", "intended_use": "City buses"}
    status, sent = buyer("POST", "requests/", data=wish)
    assert (status, sent["state"]) == (201, "received")
    assert buyer("POST", "requests/", data=wish)[0] == 200
    assert buyer("POST", f"requests/{sent['id']}/answer/", data={"kind": "talk"})[0] == 403
    assert seller("POST", f"requests/{sent['id']}/answer/", data={"kind": "talk", "text": "Come."})[0] == 200
    answered = buyer("GET", f"requests/{sent['id']}/")[1]
    assert (answered["state"], answered["answer_text"]) == ("answered", "Come.")
    assert [line["kind"] for line in answered["timeline"]] == ["sent", "answered"]
