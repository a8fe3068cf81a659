"""Pages of the review: what they show, to whom, and that forms do what they say."""

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from accounts.numbers import format_business_number
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application, Declaration, Objection, Panelist, Score, Selection
from programmes.queries.ranking import reason_in_words
from programmes.scheme import Service, Words
from programmes.services.review.agreements import fall_through, lapse, sign
from programmes.services.review.publishing import go_on
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.programmes import applications
from tests.factories.programmes.review import (
    DAY,
    NOW,
    answered,
    call_row,
    eligible,
    flagged,
    fresh,
    ineligible,
    known,
    manager,
    member,
    objected,
    officer,
    proposed,
    published,
    ready,
    scheme,
    scored,
    submitted,
)

S = ApplicationState


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def page(client):
    """GET or POST as somebody; gives the answer."""

    def ask(user, name, *args, post=None, **query):
        sign_in(client, user)
        url = reverse(f"programmes:{name}", args=args)
        return client.get(url, query) if post is None else client.post(url, post)

    return ask


def strict(call, **also):
    return officer(call, second_factor=True, **also)


def text_of(response):
    return response.content.decode()


def test_the_queue_by_deadline_filters_counts_and_exports(page):
    call = call_row()
    one, two = submitted(call), submitted(call)
    flagged(one, two)
    by = strict(call)
    assert call.title in text_of(page(by, "review_calls"))
    shown = text_of(page(by, "review_queue", call.number))
    assert one.number in shown
    assert two.number in shown
    assert "2 applications" in shown
    narrowed = text_of(page(by, "review_queue", call.number, flagged="open"))
    assert one.number in narrowed
    assert two.number not in narrowed
    found = text_of(page(by, "review_queue", call.number, q=two.number))
    assert two.number in found
    assert one.number not in found
    lines = b"".join(page(by, "review_export", call.number, flagged="open").streaming_content).decode()
    assert one.number in lines
    assert two.number not in lines


def test_other_offices_and_firms_find_nothing(page):
    made = submitted()
    for name, args in (
        ("review_queue", [made.call.number]), ("review_application", [made.public_id]),
        ("selections", [made.call.number]), ("office_panel", [made.call.number]),
    ):  # fmt: skip
        assert page(officer(second_factor=True), name, *args).status_code == 404
        assert page(made.boss, name, *args).status_code == 403


def test_an_application_with_everything_on_it_and_the_decision(page):
    made = submitted()
    flag = flagged(made)
    by = strict(made.call)
    shown = text_of(page(by, "review_application", made.public_id))
    for words in ("Ceramic filters", "Kim Gaon", "Small by its sales", "Design of a filter", made.number):
        assert words in shown
    refused = page(by, "review_act", made.public_id, "eligible", post={"revision": made.revision})
    assert refused.status_code == 409
    assert fresh(made).state == S.SUBMITTED
    key = str(flag.public_id)
    empty = page(by, "review_flag", made.public_id, key, post={f"{key}-text": ""})
    assert empty.status_code == 422
    assert page(by, "review_flag", made.public_id, key, post={f"{key}-text": "Two people"}).status_code == 302
    stale = page(by, "review_act", made.public_id, "eligible", post={"revision": 99})
    assert stale.status_code == 409
    assert fresh(made).state == S.SUBMITTED
    done = page(by, "review_act", made.public_id, "eligible", post={"revision": made.revision})
    assert done.status_code == 302
    assert fresh(made).state == S.ELIGIBLE


def test_completion_by_parts_and_refusal_with_reasons(page):
    one, two = submitted(), submitted()
    by = strict(one.call)
    given = {"revision": 1, "ask-completion-part_plan": "Page 3", "ask-completion-due_on": "2026-06-20"}
    assert page(by, "review_act", one.public_id, "ask-completion", post=given).status_code == 302
    firm_page = text_of(page(one.boss, "decision", one.public_id))
    assert "Page 3" in firm_page
    by = strict(two.call)
    empty = page(by, "review_act", two.public_id, "ineligible", post={"revision": 1, "ineligible-text": ""})
    assert empty.status_code == 422
    assert fresh(two).state == S.SUBMITTED
    given = {"revision": 1, "ineligible-text": "Too old for it"}
    assert page(by, "review_act", two.public_id, "ineligible", post=given).status_code == 302
    assert "Too old for it" in text_of(page(two.boss, "decision", two.public_id))


def test_a_batch_is_shown_first(page):
    call = call_row()
    one, two = submitted(call), submitted(call)
    flagged(two, one)
    by = strict(call)
    given = {"act": "eligible", "application": [one.public_id, two.public_id]}
    seen = page(by, "review_batch", call.number, post=given)
    assert "would be found eligible" in text_of(seen)
    assert fresh(one).state == S.SUBMITTED
    stale = page(by, "review_batch", call.number, post=given | {"go": "1"})
    assert stale.status_code == 200
    assert fresh(one).state == S.SUBMITTED
    sent = given | {"go": "1", f"revision-{one.public_id}": 1, f"revision-{two.public_id}": 1}
    done = text_of(page(by, "review_batch", call.number, post=sent))
    assert "1 of 2 applications" in done
    assert [fresh(one).state, fresh(two).state] == [S.ELIGIBLE, S.SUBMITTED]
    no_reason = page(by, "review_batch", call.number, post={"act": "ineligible", "application": [two.public_id]})
    assert no_reason.status_code == 422


def test_whoever_has_to_do_with_an_applicant_is_asked_with_a_word(page, client):
    made, other = eligible(), MembershipFactory(company=True)
    profile, theirs = known(other.organization), made.organization.business_profile
    profile.representatives, profile.representative_keys = theirs.representatives, theirs.representative_keys
    profile.save()
    by = strict(made.call)
    for person, ties in ((UserFactory(), 0), (other.user, 1)):
        answer = page(by, "office_panel_invite", made.call.number, post={"email": person.email})
        assert answer.status_code == 302
        said = [str(each) for each in get_messages(answer.wsgi_request)]
        assert len([each for each in said if "has to do with 1 applicant" in each]) == ties
    assert made.call.panelists.count() == 2


def test_the_panel_member_declares_reads_and_scores(page):
    made = eligible()
    call, user = made.call, UserFactory()
    by = strict(call)
    assert page(by, "office_panel_invite", call.number, post={"email": "nobody@example.org"}).status_code == 422
    page(by, "office_panel_invite", call.number, post={"email": user.email})
    seat = Panelist.objects.get()
    assert call.title in text_of(page(user, "panels"))
    page(user, "panel_answer", seat.public_id, post={"answer": "yes"})
    assert made.number in text_of(page(user, "panel", seat.public_id))

    before = text_of(page(user, "panel_application", seat.public_id, made.public_id))
    assert "Ceramic filters" not in before
    early = page(user, "panel_score", seat.public_id, made.public_id, post={"points_market": 5})
    assert early.status_code == 403
    assert not Score.objects.exists()
    page(user, "panel_declare", seat.public_id, made.public_id, post={"has_conflict": "no"})
    assert Declaration.objects.get().has_conflict is False
    assert "Ceramic filters" in text_of(page(user, "panel_application", seat.public_id, made.public_id))

    short = page(user, "panel_score", seat.public_id, made.public_id, post={"points_market": 5, "hand_in": "1"})
    assert short.status_code == 422
    given = {"points_market": 50, "points_team": 30, "text": "Good", "hand_in": "1"}
    assert page(user, "panel_score", seat.public_id, made.public_id, post=given).status_code == 302
    assert Score.objects.get().total == 80
    assert "Good" in text_of(page(by, "review_application", made.public_id))
    other = UserFactory()
    assert page(other, "panel", seat.public_id).status_code == 404
    assert page(by, "office_panel_remove", call.number, seat.public_id, post={}).status_code == 302
    assert page(user, "panel", seat.public_id).status_code == 404


def test_who_has_a_tie_reads_nothing(page):
    made = eligible()
    seat = member(made.call)
    given = {"has_conflict": "yes", "text": "My cousin's"}
    page(seat.user, "panel_declare", seat.public_id, made.public_id, post=given)
    shown = text_of(page(seat.user, "panel_application", seat.public_id, made.public_id))
    assert "Ceramic filters" not in shown
    assert "cousin" in shown


def test_ranking_what_if_proposal_approvals_publication(page, client):
    call, made = ready(60, 50, 40)
    by = strict(call)
    shown = text_of(page(by, "selections", call.number))
    assert made[0].number in shown
    what_if = text_of(page(by, "selections", call.number, budget_won=40_000_000))
    assert "what-if" in what_if
    assert not Selection.objects.exists()
    assert page(by, "selection_propose", call.number, post={"why": ""}).status_code == 422
    assert page(by, "selection_propose", call.number, post={"why": "By the scores"}).status_code == 302
    found = Selection.objects.get()
    mine = text_of(page(by, "selection", found.public_id))
    assert "You proposed this selection" in mine
    own = page(by, "selection_act", found.public_id, "approve", post={"approve-digest": found.digest})
    assert own.status_code == 403
    early = page(by, "selection_act", found.public_id, "publish", post={})
    assert early.status_code == 302
    assert fresh(found).state == "proposed"
    for person in (strict(call), manager(call, second_factor=True)):
        done = page(person, "selection_act", found.public_id, "approve", post={"approve-digest": found.digest})
        assert done.status_code == 302
    assert page(by, "selection_act", found.public_id, "publish", post={}).status_code == 302
    assert "0 / 3" in text_of(page(by, "selection", found.public_id))
    address = reverse("programmes:selection", args=[found.public_id])
    part = client.get(address, HTTP_HX_REQUEST="true")
    assert [each.name for each in part.templates][:1] == ["programmes/review/partials/_publishing.html"]
    assert "3 applications are left" in text_of(part)
    go_on(selection_id=found.public_id, clock=lambda: NOW)
    over = text_of(client.get(address, HTTP_HX_REQUEST="true"))
    assert "Every firm was told" in over
    assert [fresh(each).state for each in made] == [S.SELECTED, S.SELECTED, S.RESERVE]
    lines = b"".join(page(by, "selection_export", found.public_id).streaming_content).decode()
    assert all(each.number in lines for each in made)


def test_sent_back_and_compared(page):
    found = proposed(60, 50)
    by = strict(found.call)
    given = {"send-back-digest": found.digest, "send-back-text": "Count again"}
    assert page(by, "selection_act", found.public_id, "send-back", post=given).status_code == 302
    again = proposed(call=found.call)
    eligible_before = found.lines.count()
    assert again.lines.count() == eligible_before
    assert page(by, "selection", again.public_id).status_code == 200
    assert "Count again" in text_of(page(by, "selection", found.public_id))


def test_objected_and_answered(page):
    made = ineligible()
    assert page(made.boss, "decision_object", made.public_id, post={"text": ""}).status_code == 422
    assert page(made.boss, "decision_object", made.public_id, post={"text": "Look again"}).status_code == 302
    found = Objection.objects.get()
    by = strict(made.call)
    assert "Look again" in text_of(page(by, "office_objection", found.public_id))
    assert made.number in text_of(page(by, "office_objections"))
    given = {"uphold": "yes", "answer": "You are right"}
    assert page(by, "office_objection_answer", found.public_id, post=given).status_code == 302
    assert fresh(made).state == S.ELIGIBLE
    assert "You are right" in text_of(page(made.boss, "decision", made.public_id))


def test_an_objection_is_taken_back(page):
    made = ineligible()
    found = objected(made)
    assert page(UserFactory(), "objection_withdraw", found.public_id, post={}).status_code == 404
    assert page(made.boss, "objection_withdraw", found.public_id, post={}).status_code == 302
    assert fresh(found).state == "withdrawn"


def test_the_agreement_is_read_and_signed(page):
    menu = (Service("design", Words("시제품 설계", "Design of a prototype"), "technology"),)
    call, [made] = ready(60, content=scheme(menu=menu))
    published(proposed(call=call))
    found = Agreement.objects.get()
    shown = text_of(page(made.boss, "agreement", found.public_id))
    assert "40,000,000" in shown
    assert found.digest in shown
    assert [each["key"] for each in found.content["services"]] == ["design"]
    assert "Design of a prototype" in shown  # the menu's word for what orders are held against
    unread = page(made.boss, "agreement_sign", found.public_id, post={"digest": found.digest})
    assert unread.status_code == 422
    assert fresh(found).state == "offered"
    given = {"digest": found.digest, "agreed": "on"}
    assert page(made.boss, "agreement_sign", found.public_id, post=given).status_code == 302
    assert Application.objects.get(pk=made.pk).state == S.AGREED
    assert page(strict(call), "agreement", found.public_id).status_code == 200
    assert page(officer(second_factor=True), "agreement", found.public_id).status_code == 404


def test_lists_ask_as_many_questions_for_many_as_for_few(page):
    call = call_row(budget_won=500_000_000)
    by, seat = strict(call), member(call)
    addresses = [("review_queue", [call.number]), ("selections", [call.number]), ("office_panel", [call.number])]

    def counted(user, name, args, **query):
        page(user, name, *args, **query)
        with CaptureQueriesContext(connection) as asked:
            page(user, name, *args, **query)
        return len(asked)

    def all_of_them():
        found = [counted(by, name, args, tab="panel") for name, args in addresses]
        return [*found, counted(seat.user, "panel", [seat.public_id])]

    for _each in range(2):
        scored(eligible(call, by=officer(call)), seat=seat)
    few = all_of_them()
    for _each in range(6):
        scored(eligible(call, by=officer(call)), seat=seat)
    assert all_of_them() == few


def test_the_history_names_the_submission_once_and_numbers_are_read_with_their_dashes(page, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(applications.NOW, tick=False):
        made = applications.submitted()
        shown = text_of(page(strict(made.call), "review_application", made.public_id))
    assert shown.partition("History")[2].count('<p class="timeline-title">Submitted</p>') == 1
    assert format_business_number(made.organization.business_number) in shown


def test_the_application_leads_to_its_decision_and_says_what_comes_next(page):
    """From the list a firm comes to the page of the application: there it objects and signs, without the mail."""

    def shown(made):
        return text_of(page(made.boss, "application", made.public_id))

    refused = ineligible()
    decision = reverse("programmes:decision", args=[refused.public_id])
    assert decision in shown(refused)
    assert "You may object" in shown(refused)
    assert "Not accepted" in text_of(page(refused.boss, "decision", refused.public_id))
    with time_machine.travel(refused.decided_at + 400 * DAY, tick=False):
        assert "The days to object are over." in shown(refused)
    assert decision not in text_of(page(strict(refused.call), "application", refused.public_id))
    raised = objected(refused)
    assert "The office has your objection." in shown(refused)
    answered(raised, uphold=False)
    assert "You may object" not in shown(refused)

    call, [made, late] = ready(60, 55)
    published(proposed(call=call))
    assert reverse("programmes:agreement", args=[made.agreement.public_id]) in shown(made)
    sign(agreement=made.agreement, digest=made.agreement.digest, by=made.boss, at=NOW)
    assert "The agreement is signed." in shown(made)
    assert reverse("programmes:decision", args=[made.public_id]) in shown(made)
    fall_through(application=made, at=NOW + 60 * DAY)
    assert "The own share was not paid in, so the voucher is gone. Nothing is to be done any more." in shown(made)
    lapse(agreement=late.agreement, at=NOW + 90 * DAY)
    assert "The agreement was not signed in time." in shown(late)


def test_the_reason_of_a_ranking_is_in_the_readers_language(page, client):
    _call, [_first, low] = ready(60, 1)
    published(proposed(call=_call))
    with override("ko"):
        words = reason_in_words(fresh(low).reason)
    assert words != fresh(low).reason
    client.cookies["django_language"] = "ko"
    assert words in text_of(page(low.boss, "application", low.public_id))
    office = text_of(page(strict(_call), "review_application", low.public_id))
    assert office.count(words) >= 2  # beside the state, and in the history
    assert fresh(low).reason not in office
    sign_in(client, low.boss)
    answer = client.get(reverse("programmes-api:decision", args=[low.public_id]), headers={"accept-language": "ko"})
    assert answer.json()["reason"] == words
