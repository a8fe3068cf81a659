"""What programs, calendars and tables get of calls; the words about time; and what the demo loads."""

import csv
import io

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from programmes.enums.calls import CallState
from programmes.exports.calls import deadlines
from programmes.models import Application, Call
from programmes.queries.calls import outcome_of
from programmes.wording.calls import EXAMPLE_WON, bands_of, phase, when
from tests.factories.programmes import review
from tests.factories.programmes.calls import DAY, NOW, SCHEME, call_in, draft_call, published_call


def numbers(answer):
    return [row["number"] for row in answer.json()["results"]]


def test_programs_get_the_same_list_and_filters(client):
    now = timezone.now()
    open_now = published_call(at=now, opens_at=now - DAY, closes_at=now + DAY)
    coming = published_call(at=now)
    over = published_call(at=now - 9 * DAY, opens_at=now - 8 * DAY, closes_at=now - DAY)
    draft_call(at=now)
    published_call(at=now, is_rehearsal=True)
    address = reverse("programmes-api:calls")
    assert numbers(client.get(address)) == [open_now.number, coming.number, over.number]
    for word, call in (("open", open_now), ("coming", coming), ("closed", over)):
        assert numbers(client.get(address, {"when": word})) == [call.number]
    assert numbers(client.get(address, {"q": over.number})) == [over.number]
    assert client.get(address, {"unknown": 1}).status_code == 400
    found = client.get(reverse("programmes-api:call", args=[open_now.public_id])).json()
    assert (found["takes_applications"], found["version"], found["outcome"]) == (True, 1, None)
    assert found["scheme"] == open_now.current.content


def test_the_table_holds_what_the_list_shows(client):
    call = published_call(at=timezone.now())
    published_call(at=timezone.now(), title_en="Else", title_ko="다른 공고")
    answer = client.get(reverse("programmes:calls_export"), {"q": call.number})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [call.number]
    assert rows[1][5] == "1000000000"


def test_the_calendar_names_each_end_in_lines_of_75_octets(client):
    call = published_call(title_en="Vouchers; for, firms " * 5, closes_at=NOW + 31 * DAY)
    text = deadlines([(call, "https://example.org/calls/")], NOW)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    whole = text.replace("\r\n ", "")
    assert "DTSTART:20260711T060000Z" in whole
    assert f"UID:{call.public_id}@ieum" in whole
    assert "DTSTAMP:20260610T060000Z" in whole
    with time_machine.travel(NOW, tick=False):
        answer = client.get(reverse("programmes:calls_calendar"))
    assert answer["Content-Type"].startswith("text/calendar")
    assert answer.content.count(b"BEGIN:VEVENT") == 1


def test_the_end_is_told_in_days_and_hours_of_korea():
    call = published_call(opens_at=NOW + DAY, closes_at=NOW + 4 * DAY)
    assert [phase(call, NOW + n * DAY) for n in (0, 1, 4)] == ["coming", "open", "closed"]
    assert when(call, NOW) == "opens in 1 day, 15:00 KST"
    assert when(call, NOW + 2 * DAY) == "closes in 2 days, 15:00 KST"
    assert when(call, NOW + 4 * DAY - DAY / 24) == "closes today, 15:00 KST"
    assert when(call, NOW + 4 * DAY) == ""


def test_the_example_adds_up_and_the_government_pays_rounded_down():
    rows = bands_of(SCHEME)
    assert [(row.share, row.own_won, row.government_won) for row in rows] == [
        ("10 %", 3_000_000, 27_000_000), ("20 %", 6_000_000, 24_000_000),
        ("30 %", 9_000_000, 21_000_000), ("50 %", 15_000_000, 15_000_000),
    ]  # fmt: skip
    assert all(row.own_won + row.government_won == EXAMPLE_WON for row in rows)


@pytest.mark.parametrize("state", CallState.values)
def test_nothing_is_said_of_a_call_without_a_published_list(state):
    assert outcome_of(call_in(state)) is None
    assert Call.objects.count() == 1


def told(client, call):
    """What of a call's outcome the page and the API tell a visitor."""
    page = client.get(reverse("programmes:call", args=[call.public_id])).content.decode()
    return (
        "applications were selected" in page,
        client.get(reverse("programmes-api:call", args=[call.public_id])).json()["outcome"],
        page,
    )


@pytest.mark.parametrize(("points", "said"), [
    ((60,), None), ((60, 60), None), ((60, 60, 60, 10), None),
    ((60, 60, 60), {"applications": 3, "selected": 3}),
    ((60, 60, 60, 10, 10, 10), {"applications": 6, "selected": 3}),
])  # fmt: skip
def test_numbers_of_a_call_are_told_of_three_firms_and_never_won(client, points, said):
    with time_machine.travel(review.NOW, tick=False):
        call, made = review.ready(*points, budget_won=400_000_000, content=review.scheme(pass_points=70))
        award = made[0].government_won
        review.published(review.proposed(call=call))
        is_said, by_program, page = told(client, call)
        assert (is_said, by_program) == (said is not None, said)
        for text in (page, str(by_program)):
            assert f"{award * len(points):,}" not in text
            assert f"{award:,}" not in text
        one = Application.objects.filter(call=call, state="selected").first()
        Application.objects.filter(pk=one.pk).update(state="lapsed", decided_at=review.NOW)
        assert told(client, call)[:2] == (is_said, by_program)
