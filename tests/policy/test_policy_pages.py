"""The pages and endpoints of survey, index and plans: what a person meets, and nonsense that breaks nothing."""

import io
import json
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Organization
from policy.enums.survey import SheetState
from policy.models import (
    IndexWeights,
    Measure,
    PlanProgress,
    PlanVersion,
    Ranking,
    SurveyAnswer,
    SurveyRound,
    SurveySheet,
)
from policy.queries.plans import known_codes
from policy.scheme.survey import DEFAULT_BOUNDS, Bound
from policy.services.index.publish import place_institute
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.policy_index import published, weights, weights_draft
from tests.factories.policy_plans import plan_draft, plan_published
from tests.factories.policy_survey import a_round, accepted, officer, staff, submitted, survey_csv

NONSENSE = ["x", "-1", "٣", "\x00", "9" * 30, "'; --", "%", "한글", "1.5"]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def office():
    return sign_in(Client(), officer())


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def site(member):
    return sign_in(Client(), member.user)


def test_who_brought_figures_in_reads_why_another_officer_has_to_accept_them(now):
    clerk, other = officer(), officer()
    page = reverse("policy:survey_sheet", args=[submitted(by=clerk, at=now).public_id])
    own, others = (sign_in(Client(), each).get(page).content.decode() for each in (clerk, other))
    words = "another officer has to accept them"
    assert (words in own, "Accept it" in own) == (True, False)
    assert (words in others, "Accept it" in others) == (False, True)


def test_from_the_form_to_the_figures_that_count(site, member, office, now):
    round = a_round(at=now)
    address = reverse("policy:survey_year", args=[round.year])
    assert site.get(reverse("policy:survey")).status_code == 200
    typed = {"new_technologies": "1,200", "research_expenditure_won": "9,000,000,000", "revision": "0"}
    assert site.post(address, {**typed, "do": "save"}).status_code == 302
    refused = site.post(address, {**typed, "revision": "1", "do": "submit"})
    assert (refused.status_code, "office_staff" in refused.context["form"].errors) == (422, True)
    again = {**typed, "office_staff": "7", "revision": str(refused.context["form"].data["revision"]), "do": "submit"}
    assert site.post(address, again).status_code == 302
    sheet = SurveySheet.objects.get()
    assert (sheet.state, sheet.new_technologies, sheet.office_staff) == (SheetState.SUBMITTED, 1_200, 7)

    page = reverse("policy:survey_sheet", args=[sheet.public_id])
    assert b"Accept it" in office.get(page).content
    assert b"Accept it" not in site.get(page).content
    for revision in ("1", "", "x"):
        stale = office.post(f"{page}accept/", {"revision": revision})
        assert (stale.status_code, SurveyAnswer.objects.exists()) == (409, False)
    assert office.post(f"{page}return/", {"revision": sheet.revision, "text": " "}).status_code == 422
    assert office.post(f"{page}accept/", {"revision": sheet.revision}).status_code == 302
    assert SurveyAnswer.objects.get().research_expenditure_won == 9_000_000_000
    assert site.post(f"{address}correct/", {"reason": ""}).status_code == 422
    assert site.post(f"{address}correct/", {"reason": "Software was left out."}).status_code == 302
    assert site.get(address).status_code == 200


def test_who_changed_it_meanwhile_is_told_and_keeps_what_was_typed(site, now):
    address = reverse("policy:survey_year", args=[a_round(at=now).year])
    site.post(address, {"new_technologies": "5", "revision": "0", "do": "save"})
    late = site.post(address, {"new_technologies": "6", "revision": "0", "do": "save"})
    assert (late.status_code, late.context["form"].data["new_technologies"]) == (409, "6")
    assert SurveySheet.objects.get().new_technologies == 5
    assert site.post(address, {**late.context["form"].data.dict(), "do": "save"}).status_code == 302
    assert SurveySheet.objects.get().new_technologies == 6


def test_the_list_of_officers_says_who_is_missing_and_exports_the_same(office, member, now):
    assert b"Open a year" in office.get("/survey/office/").content  # empty
    assert office.get("/survey/office/export/").status_code == 302
    done = accepted(at=now)
    page = office.get("/survey/office/", {"standing": "open"})
    assert [row["place"].institute for row in page.context["rows"]] == [member.organization]
    exported = b"".join(office.get("/survey/office/export/", {"standing": "open"}).streaming_content).decode()
    assert member.organization.business_number_text in exported
    assert done.institute.business_number_text not in exported
    assert office.get("/survey/office/export/?format=xlsx").headers["Content-Type"].endswith("sheet")
    assert b"All institutes" in office.get("/survey/office/", {"q": "nobody of that name"}).content


def test_a_year_is_opened_and_its_deadline_moved_on_pages(office, now):
    form = office.get("/survey/years/").context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert office.post("/survey/years/", typed).status_code == 302
    round = SurveyRound.objects.get()
    address = f"/survey/years/{round.year}/"
    form = office.get(address).context["form"]
    day = timezone.localdate(now) + timedelta(days=90)
    typed = {name: form[name].value() for name in form.fields} | {"due_on": str(day)}
    assert office.post(address, typed).status_code == 302
    assert office.post(address, typed).status_code == 409  # the revision is an old one
    assert office.post(address, {**typed, "revision": "2", "due_on": f"{round.year}-01-01"}).status_code == 422
    round.refresh_from_db()
    assert (round.due_on, round.revision) == (day, 2)


def test_a_bound_that_is_no_whole_percent_stays_what_it_is(office, now):
    bounds = {**DEFAULT_BOUNDS, "office_staff": Bound(1_550, 2)}
    round = a_round(at=now, bounds=bounds)
    address = f"/survey/years/{round.year}/"
    form = office.get(address).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    assert typed["share_office_staff"] == "15.5"
    for wrong in ("15.555", "1000.01", "x", "-1"):
        assert office.post(address, {**typed, "share_office_staff": wrong}).status_code == 422
    assert office.post(address, typed).status_code == 302
    round.refresh_from_db()
    assert round.limits == bounds


def test_a_file_is_looked_at_before_it_is_applied(office, now):
    round, institute = a_round(at=now), OrganizationFactory(institute=True)
    rows = [f"{institute.business_number},{round.year},10,200000000,2,", f"1,{round.year},1,1,1,"]
    file = SimpleUploadedFile("a.csv", survey_csv(*rows))
    sent = office.post("/survey/files/", {"file": file})
    page = office.get(sent.url)
    assert (page.context["new"], page.context["refused"], page.context["may_apply"]) == (1, 1, True)
    assert b"business number" in b"".join(office.get(f"{sent.url}refused/").streaming_content)
    assert office.post(f"{sent.url}apply/").status_code == 302
    assert SurveySheet.objects.get().institute == institute
    assert office.post(f"{sent.url}apply/").status_code == 409
    assert office.post("/survey/files/", {"file": SimpleUploadedFile("a.exe", b"x")}).status_code == 422
    header = b"".join(office.get("/survey/files/template/").streaming_content).decode()
    assert "사업자등록번호" in header


def test_the_ranking_is_seen_published_and_read_by_everybody(office, client, now):
    assert b"No ranking was published yet" in client.get("/capability/").content
    weights(now)
    sheet = accepted(at=now)
    page = office.get("/capability/office/")
    form = page.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    assert office.post("/capability/office/", {**typed, "seen": "0" * 64}).status_code == 409
    assert office.post("/capability/office/", typed).status_code == 302
    assert Ranking.objects.get().lines.get().institute == sheet.institute
    public = client.get("/capability/", {"group": "education"})
    assert sheet.institute.display_name in public.content.decode()
    assert "10,000,000,000" not in public.content.decode()  # an institute's figures are for itself and for officers
    assert b"No institute is in this peer group" in client.get("/capability/", {"group": "basic"}).content
    exported = b"".join(client.get("/capability/export/").streaming_content).decode()
    assert sheet.institute.name_en in exported
    assert client.get("/capability/method/").status_code == 200
    assert office.post("/capability/office/", typed).status_code == 409  # it says the same


def test_the_report_is_a_pdf_with_the_letters_of_the_reader(client, now):
    institute = OrganizationFactory(institute=True, name="가온과학기술원", name_zh="佳温科学技术院")
    accepted(institute=institute, at=now)
    published(year=now.year - 1, at=now)
    sign_in(client, staff(institute))
    client.cookies["django_language"] = "ko"
    address = reverse("policy:capability_pdf", args=[institute.public_id])
    response = client.get(address, headers={"accept-language": "ko"})
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert "가온과학기술원" in text
    assert client.get(address).content == response.content  # the same bytes each time
    stranger = sign_in(Client(), MembershipFactory(institute=True).user)
    assert stranger.get(address).status_code == 404


def test_what_if_stores_nothing(site, member, now):
    address = "/capability/what-if/"
    assert site.get(address).status_code == 200
    accepted(institute=member.organization, at=now)
    published(year=now.year - 1, at=now)
    page = site.get(address, {"office_staff": "9", "transfers": ""})
    assert page.context["then"].score_bp == page.context["now"].score_bp  # alone in its group it is the best
    assert site.get(address, {"office_staff": "x"}).status_code == 422
    assert (SurveySheet.objects.count(), Ranking.objects.count()) == (1, 1)


def test_weights_and_groups_on_pages(office, now):
    assert b"There is no version to begin with" in office.get("/capability/versions/new/").content
    weights(now)
    form = office.get("/capability/versions/new/").context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    wrong = office.post("/capability/versions/new/", {**typed, "weight_listed": "99"})
    assert (wrong.status_code, IndexWeights.objects.count()) == (422, 1)
    made = office.post("/capability/versions/new/", typed)
    assert (made.status_code, office.get(made.url).status_code) == (302, 200)
    assert office.post(f"{made.url}publish/", {"revision": "1"}).status_code == 403  # who wrote it
    other = sign_in(Client(), officer())
    assert other.get(f"{made.url}edit/").status_code == 403
    assert other.post(f"{made.url}publish/", {"revision": "1"}).status_code == 302
    institute = OrganizationFactory(institute=True)
    typed = {"institute": institute.public_id, "group": "basic", "reason": "It does basic research."}
    assert office.post("/capability/groups/", {**typed, "reason": ""}).status_code == 422
    assert office.post("/capability/groups/", typed).status_code == 302


def seen_in(office, at):
    """The mark of the first measure on the page of a draft."""
    return re.search(r'name="seen" value="([^"]+)"', office.get(at).content.decode())[1]


def test_a_target_that_is_changed_stays_one(office, now):
    """Of another year it would be a second one, and both would be published."""
    draft = plan_draft(at=now, year=2030)
    was = draft.targets.get()
    at = f"/plans/versions/{draft.public_id}/target/?target={was.public_id}"
    form = office.get(at).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    assert office.post(at, {**typed, "year": "2031", "figure": known_codes()[1], "value": "40"}).status_code == 302
    kept = draft.targets.get()
    assert (kept.pk, kept.year, kept.figure, kept.value) == (was.pk, was.year, was.figure, 4_000)


def test_a_plan_on_pages(office, client, now):
    assert b"No plan was published yet" in client.get("/plans/").content
    begun = office.post("/plans/new/", {"kind": "annual", "first_year": "2031", "title": "계획"})
    at, version = begun.url, PlanVersion.objects.get()
    measure = {"title": "수요 발굴", "body": "기술정책과", "text": "", "due_on": "", "figure": ""}
    assert office.post(f"{at}measures/new/", {**measure, "body": ""}).status_code == 422
    assert office.post(f"{at}measures/new/", measure).status_code == 302
    seen = office.get(f"{at}measures/1/").context["form"]["seen"].value()
    assert office.post(f"{at}measures/1/", {**measure, "due_on": "2031-12-31", "seen": seen}).status_code == 302
    figure = office.get(f"{at}target/").context["form"].fields["figure"].choices[1][0]
    target = {"figure": figure, "year": "2031", "value": "34.8", "note": ""}
    assert office.post(f"{at}target/", {**target, "value": "348"}).status_code == 422
    assert office.post(f"{at}target/", target).status_code == 302
    assert version.targets.get().value == 3_480
    version.refresh_from_db()
    head = {"title": "촉진계획", "title_en": "", "title_zh": "", "summary": "요약", "revision": version.revision}
    assert office.post(f"{at}edit/", head).status_code == 302
    assert office.post(f"{at}edit/", head).status_code == 409
    assert client.get(at).status_code == 404
    version.refresh_from_db()
    other = sign_in(Client(), officer())
    assert office.post(f"{at}publish/", {"revision": version.revision}).status_code == 403
    published_page = other.post(f"{at}publish/", {"revision": version.revision})
    public = client.get(published_page.url)
    assert "34.80" in public.content.decode()
    entry = {"code": "1", "state": "late", "text": "늦어짐", "key": str(uuid4())}
    assert office.post(f"{published_page.url}progress/", {**entry, "text": ""}).status_code == 422
    for _ in range(2):
        assert office.post(f"{published_page.url}progress/", entry).status_code == 302
    assert PlanProgress.objects.count() == 1
    assert "늦어짐" in client.get(published_page.url).content.decode()
    assert "늦어짐" in b"".join(client.get(f"{published_page.url}export/").streaming_content).decode()
    assert office.post(f"{published_page.url}revise/", {"reason": ""}).status_code == 422
    draft = office.post(f"{published_page.url}revise/", {"reason": "예산 변경"})
    assert office.post(f"{draft.url}measures/1/drop/").status_code == 409  # not what was on the page
    assert office.post(f"{draft.url}measures/1/drop/", {"seen": seen_in(office, draft.url)}).status_code == 302
    back = f"{draft.url}measures/1/back/"
    assert back in office.get(draft.url).content.decode()
    assert office.post(back).status_code == 302
    put_back = Measure.objects.get(version__state="draft", code=1)
    assert (put_back.title, put_back.due_on) == ("수요 발굴", date(2031, 12, 31))  # with its progress, by its number
    assert office.post(back).status_code == 409
    assert back not in office.get(draft.url).content.decode()
    assert office.post(f"{draft.url}publish/", {"revision": "0"}).status_code in {403, 409}
    assert other.post(f"{draft.url}discard/").status_code == 302
    thrown = plan_draft(at=now, year=2040, by=officer())
    assert office.post(f"/plans/versions/{thrown.public_id}/discard/").status_code == 302
    assert "Thrown away" in office.get("/plans/").content.decode()


def api(client, method, address, body=None, **headers):
    data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(client, method)(f"/api/v1/{address}", **data, **headers)


def test_the_same_for_programs(site, member, office, now):
    round = a_round(at=now)
    body = {
        "year": round.year,
        "new_technologies": 9,
        "research_expenditure_won": 100,
        "office_staff": 2,
        "revision": 0,
    }
    saved = api(site, "post", "survey/sheets/", body)
    assert (saved.status_code, saved.json()["state"]) == (200, "draft")
    assert api(site, "post", "survey/sheets/", body).status_code == 409
    assert api(site, "post", "survey/sheets/", {**body, "nonsense": 1}).status_code == 400
    at = f"survey/sheets/{saved.json()['id']}/"
    sent = api(site, "post", f"{at}submit/", {"revision": saved.json()["revision"]})
    assert sent.json()["state"] == "submitted"
    assert api(site, "post", f"{at}accept/", {"revision": sent.json()["revision"]}).status_code == 403
    back = api(office, "post", f"{at}return/", {"revision": sent.json()["revision"], "text": "Once more."})
    again = api(site, "post", f"{at}submit/", {"revision": back.json()["revision"]})
    done = api(office, "post", f"{at}accept/", {"revision": again.json()["revision"]})
    assert done.json()["state"] == "accepted"
    answers = api(site, "get", f"survey/answers/?year={round.year}").json()["results"]
    assert [row["new_technologies"] for row in answers] == [9]
    assert api(site, "post", "survey/sheets/correct/", {"year": round.year, "reason": "More."}).json()["version"] == 2
    places = api(office, "get", f"survey/years/{round.year}/institutes/").json()
    assert [row["has_answered"] for row in places] == [True]

    ranking = published(year=round.year, at=now)
    lines = api(Client(), "get", f"capability/rankings/{round.year}/").json()
    assert (lines["digest"], len(lines["lines"])) == (ranking.digest, 1)
    assert "research_expenditure_won" not in json.dumps(lines)
    tried = api(site, "post", "capability/what-if/", {"year": round.year, "office_staff": 5})
    assert tried.json()["published"]["rank"] == 1
    assert api(site, "post", "capability/what-if/", {"year": 2001}).status_code == 400

    version, key = plan_published(at=now), str(uuid4())
    at, entry = f"plans/{version.plan.public_id}/", {"code": 1, "state": "done", "text": "Finished."}
    codes = [api(office, "post", f"{at}progress/", entry, headers={"Idempotency-Key": key}).status_code for _ in "ab"]
    assert codes == [201, 200]
    assert api(office, "post", f"{at}progress/", {**entry, "state": "x"}).status_code == 400
    assert api(site, "post", f"{at}progress/", entry).status_code == 403
    shown = api(Client(), "get", at).json()
    assert [row["progress"][0]["state"] for row in shown["measures"]] == ["done"]


def test_nonsense_is_answered_with_words(site, office, now):
    weights(now)
    sheet, version, draft = submitted(at=now), plan_published(at=now), plan_draft(at=now)
    made = weights_draft(at=now)
    wrong = []
    for value in NONSENSE:
        for address in ("/survey/office/", "/capability/", "/capability/office/", "/capability/what-if/", "/plans/"):
            query = {"year": value, "standing": value, "q": value, "group": value, "page": value, "office_staff": value}
            wrong += [(address, value, r.status_code) for r in [office.get(address, query)] if r.status_code >= 500]
        posts = {
            "/survey/years/": office, "/capability/office/": office, "/capability/groups/": office,
            "/capability/versions/new/": office, f"/capability/versions/{made.public_id}/publish/": office,
            f"/survey/sheets/{sheet.public_id}/accept/": office, f"/survey/sheets/{sheet.public_id}/return/": office,
            f"/survey/{sheet.round.year}/": site, f"/survey/{sheet.round.year}/correct/": site, "/plans/new/": office,
            f"/plans/{version.plan.public_id}/progress/": office, f"/plans/{version.plan.public_id}/revise/": office,
            f"/plans/versions/{draft.public_id}/target/": office, f"/plans/versions/{draft.public_id}/edit/": office,
            f"/plans/versions/{draft.public_id}/measures/new/": office,
            f"/plans/versions/{draft.public_id}/publish/": office,
        }  # fmt: skip
        names = ("year", "due_on", "revision", "seen", "reason", "text", "institute", "group", "source", "code",
                 "state", "first_year", "kind", "figure", "value", "new_technologies", "office_staff", "key",
                 "do", "least_complete_bp", "weight_listed", "rank_0", "points_0", "share_office_staff")  # fmt: skip
        for address, client in posts.items():
            code = client.post(address, dict.fromkeys(names, value)).status_code
            wrong += [(address, value, code)] if code >= 500 else []
    far = "9" * 20
    for path in (f"/survey/{far}/", f"/survey/years/{far}/", f"/plans/versions/{draft.public_id}/measures/{far}/"):
        wrong += [(path, code) for code in [office.get(path).status_code] if code >= 500]
    for path in ("capability/rankings/99999999999/", "survey/sheets/?year=x", "survey/years/99999999999/institutes/"):
        wrong += [(path, code) for code in [api(office, "get", path).status_code] if code >= 500]
    assert wrong == []


def test_an_institute_that_was_placed_is_ranked_there(now):
    sheet = accepted(at=now)
    place_institute(institute=sheet.institute, group="basic", reason="x", by=officer(), at=now)
    assert published(year=sheet.round.year, at=now).lines.get().group == "basic"
    assert Organization.objects.filter(pk=sheet.institute_id, peer_placements__group="basic").exists()
