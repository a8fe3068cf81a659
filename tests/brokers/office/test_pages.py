"""What the officers' pages say, and what they do with what is typed."""

import csv
import io
import re

import pytest
import time_machine
from django.urls import reverse

from brokers.models import Application, RequirementVersion
from brokers.services.office.check_documents import pass_to_advice
from brokers.services.registration.hand_in import hand_in
from brokers.tasks import remind_of_completions
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.office import (
    DAY,
    applied,
    in_advice,
    in_check,
    in_committee,
    in_completion,
    objected,
    registered,
    requirements_draft,
    requirements_published,
)
from tests.factories.brokers.registration import agency_draft, handed_in, leaves, shipped_requirements, staff

pytestmark = pytest.mark.usefixtures("at_now")
QUEUE = "/officer/brokers/"


def plain(response):
    return " ".join(re.sub("<[^>]+>", " ", response.text).split())


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.fixture
def me(client):
    found = MembershipFactory(government=True, user__second_factor=True, user__name="Sora Officer").user
    sign_in(client, found)
    return found


def act(client, found, name, **fields):
    data = {f"{name}-{field}": value for field, value in fields.items()}
    return client.post(reverse("brokers:office_act", args=[found.public_id, name]), data)


# --- the queue --------------------------------------------------------------------------------------------------------


def test_an_empty_queue_says_what_will_stand_there(client, me):
    assert "Nothing has to be taken up" in client.get(QUEUE).text
    assert "Nothing has been decided yet" in client.get(QUEUE, {"tab": "decided"}).text
    assert "No application is at this step" in client.get(QUEUE, {"tab": "advice"}).text
    applied()
    assert "No application is like this" in client.get(QUEUE, {"q": "Nowhere"}).text


def test_tabs_count_and_the_oldest_comes_first(client, me):
    agency_draft(complete=True)  # not handed in: nobody's business
    second, first = applied(at=NOW - DAY), applied(at=NOW - 3 * DAY)
    mine, other = in_check(by=me), in_check()
    in_completion()
    in_committee()
    objected()
    registered()
    page = client.get(QUEUE)
    assert [row.pk for row in page.context["page"]] == [first.pk, second.pk]
    counts = {name: many for name, _label, many in page.context["tabs"]}
    assert counts == {
        "new": 2, "check": 2, "completion": 1, "advice": 0, "committee": 1, "training": 0, "objections": 1,
        "decided": 1,
    }  # fmt: skip
    assert "for 3 days" in plain(page).replace("\xa0", " ")
    checked = client.get(QUEUE, {"tab": "check", "taken": "mine"})
    assert [row.pk for row in checked.context["page"]] == [mine.pk]
    assert "Sora Officer" in checked.text
    assert {row.pk for row in client.get(QUEUE, {"tab": "check"}).context["page"]} == {mine.pk, other.pk}
    by_number = client.get(QUEUE, {"tab": "check", "q": other.number})
    assert [row.pk for row in by_number.context["page"]] == [other.pk]
    by_name = client.get(QUEUE, {"tab": "check", "q": other.organization.name})
    assert [row.pk for row in by_name.context["page"]] == [other.pk]
    assert client.get(QUEUE, {"tab": "committee", "kind": "agency"}).context["page"].paginator.count == 0


def test_export_holds_what_is_shown(client, me):
    found = in_completion(at=NOW - 20 * DAY)
    in_completion(at=NOW)
    page = client.get(reverse("brokers:office_export"), {"tab": "completion", "q": found.number})
    rows = rows_of(page)
    assert rows[0][:4] == ["Receipt number", "Kind", "Applicant", "State"]
    assert rows[1:] == [
        [
            found.number, "Technology transaction agency", found.organization.name, "Completion asked",
            str(TODAY - 20 * DAY), str(TODAY - 20 * DAY), "20", rows[1][7], str(TODAY - 6 * DAY),
        ]
    ]  # fmt: skip


def test_the_keyboard_has_rows_to_go_through(client, me):
    applied()
    assert client.get(QUEUE).text.count("data-queue-row") == 1
    assert "js/review" in client.get(QUEUE).text


def test_htmx_gets_the_part(client, me):
    part = client.get(QUEUE, {"tab": "new"}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'id="results"' in part.text


# --- one application --------------------------------------------------------------------------------------------------


def test_the_page_shows_everything_and_what_can_be_done(client, me):
    found = in_check(by=me)
    text = plain(client.get(reverse("brokers:office_application", args=[found.public_id])))
    for words in (
        found.number, found.organization.name, "Hana Representative", "Batteries and hydrogen", "Business plan",
        "Check of the requirements", "Met", "Qualified full-time staff", "Taken up by Sora Officer",
        "Ask for completion", "Documents are complete", "Refuse it", "Handed in", "By version 1",
    ):  # fmt: skip
        assert words in text, words
    assert "Register it" not in text


def test_next_and_previous_walk_through_the_tab(client, me):
    first, second, third = (applied(at=NOW - days * DAY) for days in (3, 2, 1))
    page = client.get(reverse("brokers:office_application", args=[second.public_id]), {"tab": "new"})
    assert str(first.public_id) in page.context["previous_url"]
    assert str(third.public_id) in page.context["next_url"]
    assert page.context["next_url"].endswith("?tab=new")


def test_who_checked_reads_why_another_one_has_to_decide(client, me):
    found = in_advice(by=me)
    text = plain(client.get(reverse("brokers:office_application", args=[found.public_id])))
    assert "You checked the documents of this application: another officer has to decide." in text


def test_completion_is_asked_part_by_part(client, me):
    found = in_check(by=me)
    empty = act(client, found, "ask-completion", due_on=TODAY + DAY)
    assert empty.status_code == 422
    assert "Say of at least one part what is missing." in empty.text
    past = act(client, found, "ask-completion", part_network="Show it", due_on=TODAY)
    assert past.status_code == 422
    assert "Show it" in past.text
    assert Application.objects.get(pk=found.pk).state == "doc_check"
    done = act(client, found, "ask-completion", part_network="Show it", due_on=TODAY + DAY, note="Hm")
    assert done.status_code == 302
    shown = plain(client.get(done.url))
    assert "Information network for technology : Show it" in shown
    assert "Note for officers: Hm" in shown


def test_what_was_changed_since_is_shown(client, me):
    found = in_completion()
    Application.objects.filter(pk=found.pk).update(network_text="Three people keep it")
    found.refresh_from_db()
    hand_in(application=found, revision=found.revision, declared=True, by=found.applicant, at=NOW)
    page = client.get(reverse("brokers:office_application", args=[found.public_id]))
    assert "Changed since it was handed in" in page.text
    assert "<ins>Three people keep it</ins>" in page.text


def test_somebody_was_first_and_what_was_typed_stays(client, me):
    found, other = in_check(), officer(user__name="Jiu First")
    pass_to_advice(application=found, text="Complete", by=other, at=NOW)
    late = act(client, found, "ask-completion", part_network="Show it", due_on=TODAY + DAY)
    assert late.status_code == 409
    text = plain(late)
    assert "Jiu First" in text
    assert "Show it" in text
    assert Application.objects.get(pk=found.pk).state == "advice"


def test_registering_publishes(client, me):
    found = in_advice()
    page = client.get(reverse("brokers:office_application", args=[found.public_id]))
    assert "It is published at once" in page.text
    done = act(client, found, "register", conditions="Batteries only")
    assert done.status_code == 302
    gazette = plain(client.get("/brokers/gazette/"))
    for words in (found.organization.name, "Hana Representative", "Batteries and hydrogen", "Batteries only", "BA2026"):
        assert words in gazette
    rows = rows_of(client.get("/brokers/gazette.csv"))
    assert rows[1][2] == found.registration.number
    assert "In the register as BA" in plain(client.get(done.url))


def test_what_is_unclear_is_asked_for_in_the_form(client, me):
    draft = agency_draft(complete=True)
    leaves(draft.organization)
    staff(draft.organization, verified=False)
    found = in_advice(handed_in(draft))
    without = act(client, found, "register")
    assert without.status_code == 422
    assert "Why it counts as met: Qualified full-time staff" in without.text
    assert act(client, found, "register", accepted_qualified_staff="Seen the licence").status_code == 302


def test_a_message_about_it_is_read_with_its_page(client, me):
    found = applied()
    assert Notification.objects.filter(recipient=me, read_at=None).exists()
    client.get(reverse("brokers:office_application", args=[found.public_id]))
    assert not Notification.objects.filter(recipient=me, read_at=None).exists()


def test_the_home_page_says_what_waits(client, me):
    new, mine, late = applied(), in_check(by=me), in_completion(by=me, due_on=TODAY + DAY)
    in_check()
    ready, asked, checked = in_advice(), in_advice(whose="Somebody"), in_advice(by=me)
    with time_machine.travel(NOW + 2 * DAY, tick=False):
        sign_in(client, me)
        text = plain(client.get("/"))
    assert f"Decide on the application of {ready.organization.name} ({ready.number})" in text
    for hidden in (asked, checked):
        assert hidden.number not in text
    assert f"Take up the application of {new.organization.name} ({new.number})" in text
    assert f"Check the application of {mine.organization.name} ({mine.number})" in text
    assert f"{late.organization.name} has not completed its application ({late.number})" in text
    assert text.count("Check the application of") == 1
    assert "Oversight of brokers" in text


def test_the_nightly_task_reminds(me):
    found = in_completion(at=NOW - 11 * DAY)
    assert remind_of_completions() == 1
    assert found.steps.filter(kind="reminded").count() == 1


# --- the register -----------------------------------------------------------------------------------------------------


def test_the_register_of_officers(client, me):
    assert "Nobody is registered yet" in client.get("/officer/brokers/register/").text
    made, other = registered(conditions="Batteries only"), registered(kind="trader")
    page = client.get("/officer/brokers/register/")
    assert {row.pk for row in page.context["page"]} == {made.pk, other.pk}
    assert dict(page.context["counts"])["Registered"] == 2
    found = client.get("/officer/brokers/register/", {"kind": "trader"})
    assert [row.pk for row in found.context["page"]] == [other.pk]
    assert "No registration is like this" in client.get("/officer/brokers/register/", {"q": "Nowhere"}).text
    rows = rows_of(client.get("/officer/brokers/register.csv", {"q": made.number}))
    assert [row[0] for row in rows[1:]] == [made.number]
    assert rows[1][6] == "Batteries only"


# --- requirements -----------------------------------------------------------------------------------------------------


def test_the_public_page_shows_what_holds_and_what_comes(client):
    assert "No version is in force" in client.get("/brokers/requirements/").text
    shipped_requirements()
    requirements_published(valid_from=TODAY + 5 * DAY)
    requirements_draft(valid_from=TODAY + 9 * DAY, source="Hidden draft")
    text = plain(client.get("/brokers/requirements/"))
    for words in (
        "In force: version 1, since", "To come: version 2, from", "3 people", "2 people", "changed",
        "Before (version 1)", "40 hours", "contains assumptions", "Act art. 10, decree art. 16(1)",
    ):  # fmt: skip
        assert words in text, words
    assert "Hidden draft" not in text


def test_a_version_is_written_changed_and_published_by_another(client, me):
    shipped_requirements()
    address = reverse("brokers:office_requirements_new", args=["agency"])
    form = client.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in {None, False}}
    data |= {"valid_from": TODAY + DAY, "least_qualified_staff": "2", "waived_network": "on"}
    wrong = client.post(address, data | {"least_qualified_staff": "0", "valid_from": TODAY - DAY})
    assert wrong.status_code == 422
    made = client.post(address, data)
    assert made.status_code == 302
    version = RequirementVersion.objects.get(version=2)
    assert version.requirements.get(key="network").is_waived
    text = plain(client.get(made.url))
    assert "You wrote this draft: another officer has to publish it." in text
    edit = reverse("brokers:office_requirements_edit", args=[version.public_id])
    assert client.post(edit, data | {"revision": 1, "source": "Notice 9"}).status_code == 302
    old = client.post(edit, data | {"revision": 1, "source": "Notice 10"})
    assert (old.status_code, "Notice 10" in old.text) == (409, True)
    publish = reverse("brokers:office_requirements_publish", args=[version.public_id])
    assert client.post(publish, {"revision": 2}).status_code == 403
    sign_in(client, MembershipFactory(government=True, user__second_factor=True).user)
    assert client.post(publish, {"revision": 1}).status_code == 409
    assert client.post(publish, {"revision": 2}).status_code == 302
    assert client.get(edit).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.source) == ("published", "Notice 9")


def test_a_draft_is_thrown_away_on_its_page(client, me):
    made = requirements_draft()
    discard = reverse("brokers:office_requirements_discard", args=[made.public_id])
    assert client.post(discard).status_code == 302
    assert "Withdrawn" in client.get("/officer/brokers/requirements/").text


def test_without_requirements_nothing_can_be_written(client, me):
    page = client.get(reverse("brokers:office_requirements_new", args=["trader"]))
    assert "There is no version to begin with" in page.text
    assert client.get("/officer/brokers/requirements/new/moon/").status_code == 404


def test_completion_in_the_past_is_overdue_on_the_page(client, me):
    found = in_completion(at=NOW - 20 * DAY)
    page = client.get(reverse("brokers:office_application", args=[found.public_id]))
    assert "overdue" in page.text
    assert act(client, found, "refuse", text="Nothing came").status_code == 302
