"""What waits on officers: who asks does not decide, many at once, evidence."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from obligations.enums import DutyState
from obligations.models import EvidenceOpening, Exemption, Obligation, RnDProject
from obligations.services.settle import settle
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.obligations import NOW, PDF, ResultFactory, duty, exemption, named
from tests.factories.tech_listings import ListingFactory
from tests.obligations.cases import SOON, Case, file, state

INVISIBLE = {"stranger", "firm", "broker", "other_institute", "viewer"}
PEOPLE = (*sorted(INVISIBLE), "staff", "officer", "officer_of_the_institute")


@pytest.fixture
def case(world, client):
    return Case(world, client)


# --- four eyes ---


def test_an_officer_who_asked_cannot_decide_by_page_or_api(case):
    """Once a member of the institute who asked, now an officer: neither the button nor the address."""
    person = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    asked = exemption(case.duty, asked_by=person, until=SOON, runs_from=timezone.localdate())
    case.duty.refresh_from_db()
    case.world.made["officer"] = person
    before = state()
    page = case.as_("officer").client.get(case.page)
    assert "decide" not in page.context["forms"]
    assert "You asked for this yourself" in page.text
    data = {"exemption": str(asked.public_id), "decision": "grant", "until": str(SOON)}
    assert case.send("decide", **data).status_code == 403
    assert case.call("officer", "decide", **data).status_code == 403
    queue = case.client.get(reverse("obligations:exemptions"))
    assert queue.context["page"].paginator.count == 0
    assert [row for row, _why in queue.context["not_mine"]] == [asked]
    assert "You asked for this yourself" in queue.text
    assert state() == before


def test_no_batch_lets_a_member_verify_for_the_own_institute(case):
    case.list_it()
    before = state()
    case.as_("officer_of_the_institute")
    assert case.client.get(reverse("obligations:to_verify")).context["page"].paginator.count == 0
    chosen = {"duty": f"{case.duty.public_id}:{case.duty.revision}", "sure": "yes"}
    sent = case.client.post(reverse("obligations:verify_chosen"), chosen)
    assert [row.obligation for row in sent.context["left_out"]] == [case.duty]
    assert "another officer has to decide" in sent.text
    assert state() == before


def about_exemptions(case, who):
    titles = [item.title for item in case.as_(who).client.get("/").context["waiting"]]
    return [title for title in titles if "xemption" in title or "to verify" in title]


def test_the_home_page_says_what_waits(case):
    asked, title = case.exempt(), case.duty.result.title
    exemption(duty(), asked_by=case.person("officer"))  # not theirs to decide
    listed(2)
    assert about_exemptions(case, "officer") == [f"Decide on an exemption: {title}", "2 duties to verify"]
    assert about_exemptions(case, "staff") == []
    case.as_("officer").send("decide", exemption=str(asked.public_id), decision="grant", until=str(SOON))
    assert about_exemptions(case, "staff") == [f"An exemption ends soon: {title}"]
    assert about_exemptions(case, "viewer") == []


# --- many at once ---


def chosen(duties):
    return [f"{row.public_id}:{row.revision}" for row in duties]


def listed(many=3):
    made = []
    for _ in range(many):
        found = duty(ResultFactory(number=""))
        named(found, ListingFactory(holder=found.institute))
        settle(projects=[found.project_id], at=NOW)
        found.refresh_from_db()
        made.append(found)
    return made


def test_a_batch_lists_exactly_what_it_would_verify_and_does_exactly_that(case):
    first, second, third = listed()
    case.as_("officer")
    url = reverse("obligations:verify_chosen")
    check = case.client.post(url, {"duty": chosen([first, second])})
    assert [row.pk for row, _revision, _lacking in check.context["seen"]] == [first.pk, second.pk]
    assert Obligation.objects.filter(state="verified").count() == 0
    # One changes between the list and the word.
    Obligation.objects.filter(pk=second.pk).update(revision=second.revision + 1)
    done = case.client.post(url, {"duty": chosen([first, second]), "sure": "yes"})
    assert done.context["done"] == [first]
    assert [row.obligation for row in done.context["left_out"]] == [second]
    assert second.result.title in done.text
    states = dict(Obligation.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in (first, second, third)] == ["verified", "listed", "listed"]
    again = case.client.post(url, {"duty": chosen([first]), "sure": "yes"})
    assert "verified before you" in again.text
    assert case.client.post(url, {"duty": chosen([second])}).context["changed"] == [second]


@pytest.mark.parametrize("sent", [{}, {"duty": "nonsense"}, {"duty": [f"x:{n}" for n in range(3)]}])
def test_a_batch_of_nothing_says_so(case, sent):
    response = case.as_("officer").client.post(reverse("obligations:verify_chosen"), sent, follow=True)
    assert "Choose at least one duty" in response.text


def test_only_officers_see_and_use_the_queue(case):
    case.list_it()
    before = state()
    for who in ("staff", "manager", "firm"):
        case.as_(who)
        assert case.client.get(reverse("obligations:to_verify")).status_code == 403
        sent = {"duty": chosen([case.duty]), "sure": "yes"}
        assert case.client.post(reverse("obligations:verify_chosen"), sent).status_code == 403
    assert state() == before


def test_what_ends_soon_is_seen_by_institute_and_officer(case):
    granted = case.exempt(state="granted")
    assert case.duty.state == DutyState.EXEMPT
    for who in ("staff", "officer"):
        page = case.as_(who).client.get(reverse("obligations:exemptions"), {"show": "ending"})
        assert list(page.context["page"]) == [granted]
        assert case.client.get(case.page).status_code == 200
    # Its extension is asked for on the same page.
    assert case.as_("staff").client.get(case.page).context["forms"]["ask"]
    later = SOON + timedelta(days=100)
    sent = case.send("ask", ground="ip_pending", until=str(later), text="Still pending", evidence=file())
    assert sent.status_code == 302
    assert Exemption.objects.get(state="asked").extends == granted


# --- evidence ---


@pytest.mark.parametrize("who", PEOPLE)
def test_evidence_is_a_download_for_those_who_see_it_and_is_written_down(case, who):
    made = case.exempt()
    url = reverse("obligations:evidence", args=[made.public_id])
    response = case.as_(who).client.get(url)
    if who in INVISIBLE:
        assert response.status_code == 404
        assert not EvidenceOpening.objects.exists()
        return
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert [row.opened_by for row in EvidenceOpening.objects.all()] == [case.person(who)]


def test_no_address_leads_to_the_file_itself(case):
    made = case.exempt()
    case.as_("officer")
    for prefix in ("/media/", "/", "/static/"):
        assert case.client.get(f"{prefix}{made.evidence.name}").status_code == 404
    RnDProject.objects.filter(pk=case.project.pk).update(is_security=True)
    assert case.client.get(reverse("obligations:evidence", args=[made.public_id])).status_code == 404


def test_who_opened_the_evidence_is_told_to_officers_only(case):
    made = case.exempt()
    case.as_("officer").client.get(reverse("obligations:evidence", args=[made.public_id]))
    assert "The evidence was opened" in case.client.get(case.page).text
    assert "The evidence was opened" not in case.as_("staff").client.get(case.page).text
