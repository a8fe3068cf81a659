"""Officers say which words mean the same: services, pages, API, and what comes with the product."""

import csv
import io
import threading

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, NotAllowed
from tech_listings.models import SynonymGroup
from tech_listings.search.synonym_history import changes, described
from tech_listings.search.synonyms import groups_for
from tech_listings.services import synonyms as services
from tech_listings.services.synonyms import WordsRefused, WordTaken, create_group, delete_group, edit_group
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import SynonymGroupFactory
from tests.threads import at_once

LIST = "/officer/synonyms/"
WORDS = ["이차전지", "2차전지", "secondary battery"]


def officer_of(role=Role.STAFF):
    return MembershipFactory(government=True, role=role, user=UserFactory(second_factor=True)).user


@pytest.fixture
def officer():
    return officer_of()


@pytest.fixture
def office(client, officer):
    return sign_in(client, officer)


def create(by, words=WORDS, **given):
    return create_group(words=words, by=by, at=timezone.now(), **given)


def stored():
    return list(SynonymGroup.objects.order_by("pk").values("words", "keys", "note", "is_active", "revision"))


# --- services ---------------------------------------------------------------------------------------------------------


def test_words_are_kept_as_they_are_typed_and_each_once(officer):
    group = create(officer, ["  이차전지 ", "Secondary  Battery", "secondary batteries", "", "二次电池"], note=" 전지 ")
    assert group.words == ["이차전지", "Secondary Battery", "二次电池"]
    assert (group.note, group.changed_by, group.revision) == ("전지", officer, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["수소"], "At least two"),
        (["수소", "수 소"], "At least two"),
        (["수소", "…"], "neither letters nor digits"),
        (["수소", "가" * 61], "at most 60"),
        ([f"낱말{n}" for n in range(21)], "At most 20"),
    ],
)
def test_words_that_make_no_group_are_refused(officer, words, said):
    with pytest.raises(WordsRefused, match=said):
        create(officer, words)
    assert stored() == []


def test_a_word_stands_in_one_active_group_and_the_refusal_names_it(officer):
    first = create(officer)
    before = stored()
    with pytest.raises(WordTaken, match="이차전지 = 2차전지") as refused:
        create(officer, ["Secondary Batteries", "accumulator"])
    assert (refused.value.group, refused.value.field) == (first, "words")
    assert stored() == before

    edit_group(group=first, in_use=False, seen_revision=1, by=officer, at=timezone.now())
    second = create(officer, ["secondary battery", "accumulator"])
    with pytest.raises(WordTaken):
        edit_group(group=first, in_use=True, seen_revision=2, by=officer, at=timezone.now())
    third = create(officer, ["수소", "hydrogen"])
    with pytest.raises(WordTaken):
        edit_group(group=third, words=["수소", "Accumulators"], seen_revision=1, by=officer, at=timezone.now())
    assert [g["is_active"] for g in stored()] == [False, True, True]
    assert SynonymGroup.objects.get(pk=second.pk).words == ["secondary battery", "accumulator"]


def test_the_database_keeps_a_word_in_one_active_group():
    SynonymGroupFactory(words=WORDS)
    with pytest.raises(IntegrityError, match="one active group"), transaction.atomic():
        SynonymGroupFactory(words=["secondary batteries", "accumulator"])
    off = SynonymGroupFactory(words=["secondary battery", "accumulator"], is_active=False)
    with pytest.raises(IntegrityError, match="one active group"), transaction.atomic():
        SynonymGroup.objects.filter(pk=off.pk).update(is_active=True)


def test_an_older_revision_is_refused_and_nothing_changes(officer):
    group = create(officer)
    edit_group(group=group, words=[*WORDS, "二次电池"], seen_revision=1, by=officer, at=timezone.now())
    before = stored()
    with pytest.raises(ChangedMeanwhile):
        edit_group(group=group, words=WORDS, seen_revision=1, by=officer, at=timezone.now())
    delete_group(group=group, by=officer, at=timezone.now())
    assert before[0]["revision"] == 2
    with pytest.raises(ChangedMeanwhile, match="deleted"):
        edit_group(group=group, words=WORDS, seen_revision=2, by=officer, at=timezone.now())
    assert stored() == []


def test_the_same_again_makes_no_version(officer):
    group = create(officer)
    same = edit_group(group=group, words=WORDS, note="", in_use=True, seen_revision=1, by=officer, at=timezone.now())
    assert same.revision == 1
    assert changes(group).count() == 1


def test_history_says_who_and_what_also_of_what_was_deleted(officer):
    colleague = officer_of()
    group = create(officer)
    edit_group(group=group, words=[*WORDS[:2], "축전지"], seen_revision=1, by=colleague, at=timezone.now())
    edit_group(group=group, in_use=False, note="zu eng", seen_revision=2, by=officer, at=timezone.now())
    delete_group(group=group, by=colleague, at=timezone.now())

    lines = [(line.by, line.what, line.is_deletion) for line in map(described, changes())]

    assert lines == [
        (colleague.name, ["Deleted"], True),
        (officer.name, ["Switched off", "Note changed: zu eng"], False),
        (colleague.name, ["Words added: 축전지", "Words removed: secondary battery"], False),
        (officer.name, ["Added"], False),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_cannot_put_a_word_into_two_groups(officer):
    colleague = officer_of()
    results = at_once(lambda: create(officer, ["수소", "hydrogen"]), lambda: create(colleague, ["hydrogen", "氢气"]))
    assert sorted(type(r).__name__ for r in results) == ["SynonymGroup", "WordTaken"]
    assert SynonymGroup.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_taking_turns_the_database_would_have_to_refuse(officer, monkeypatch):
    """Proof that the test above tests the turn: without it both look before either writes."""
    gate, look = threading.Barrier(2), services.refuse_taken

    def both_have_looked(**given):
        look(**given)
        gate.wait(5)

    monkeypatch.setattr(services, "take_turn", lambda **given: None)
    monkeypatch.setattr(services, "refuse_taken", both_have_looked)
    results = at_once(lambda: create(officer, ["수소", "hydrogen"]), lambda: create(officer, ["hydrogen", "氢气"]))
    assert sorted(type(r).__name__ for r in results) == ["IntegrityError", "SynonymGroup"]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_one_is_told(officer):
    group = create(officer)

    def save(word):
        return edit_group(group=group, words=[*WORDS, word], seen_revision=1, by=officer, at=timezone.now())

    results = at_once(lambda: save("축전지"), lambda: save("충전지"))
    assert sorted(type(r).__name__ for r in results) == ["ChangedMeanwhile", "SynonymGroup"]
    assert SynonymGroup.objects.get().revision == 2


# --- who may ----------------------------------------------------------------------------------------------------------

#            page: see, write;  api: write
WHO = {
    "anonymous": (302, 302, 401),
    "firm": (403, 403, 403),
    "institute_manager": (403, 403, 403),
    "office_viewer": (200, 403, 403),
    "office_staff": (200, 302, 201),
    "office_manager": (200, 302, 201),
}


def person(who):
    if who == "anonymous":
        return None
    if who == "firm":
        return MembershipFactory().user
    if who == "institute_manager":
        return MembershipFactory(institute=True, manager=True).user
    return officer_of(Role(who.removeprefix("office_")))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("face", ["page", "api"])
def test_who_may_write(client, who, face):
    group, user = SynonymGroupFactory(), person(who)
    before = stored()
    see, write, api = WHO[who]
    if face == "page":
        if user:
            sign_in(client, user)
        assert client.get(LIST).status_code == see
        assert client.get(f"{LIST}{group.public_id}/").status_code == see
        answers = [
            client.post(f"{LIST}{group.public_id}/", {"words": "가나\n다라", "revision": 1}),
            client.post(f"{LIST}{group.public_id}/switch/", {"on": "false"}),
            client.post(f"{LIST}new/", {"words": "마바\n사아"}),
            client.post(f"{LIST}{group.public_id}/delete/"),
        ]
        assert [a.status_code for a in answers] == [write] * 4
    else:
        program = api_of(user)
        there = f"/api/v1/synonyms/{group.public_id}/"
        assert program.get("/api/v1/synonyms/").status_code == program.get(there).status_code == 200
        assert program.post("/api/v1/synonyms/", {"words": ["가나", "다라"]}, format="json").status_code == api
        changed = program.patch(there, {"in_use": False, "revision": 1}, format="json").status_code
        assert changed == (200 if api == 201 else api)
        assert program.delete(there).status_code == (204 if api == 201 else api)
    may = api == 201
    assert (stored() != before) == may


def test_a_service_asks_too():
    stranger, group = UserFactory(), SynonymGroupFactory()
    before = stored()
    for call in (
        lambda: create(stranger),
        lambda: edit_group(group=group, in_use=False, seen_revision=None, by=stranger, at=timezone.now()),
        lambda: delete_group(group=group, by=stranger, at=timezone.now()),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert stored() == before


# --- pages ------------------------------------------------------------------------------------------------------------


def test_from_the_empty_list_to_a_group_that_searches_use(office, django_capture_on_commit_callbacks):
    assert "No group yet" in office.get(LIST).text
    with django_capture_on_commit_callbacks(execute=True):
        answer = office.post(f"{LIST}new/", {"words": "이차전지, 2차전지\r\nsecondary battery、二次电池", "note": ""})
    assert answer["Location"] == LIST
    group = SynonymGroup.objects.get()
    assert group.words == ["이차전지", "2차전지", "secondary battery", "二次电池"]
    assert [g.public_id for g in groups_for("二次电池")] == [group.public_id]
    assert "이차전지 = 2차전지" in office.get(LIST).text
    assert "Added" in office.get(f"{LIST}{group.public_id}/").text
    assert "Added" in office.get(f"{LIST}changes/").text


def test_a_word_of_another_group_leads_there(office, officer):
    other = create(officer)
    answer = office.post(f"{LIST}new/", {"words": "secondary battery\naccumulator"})
    assert answer.status_code == 422
    assert f"{LIST}{other.public_id}/" in answer.text
    assert "accumulator" in answer.text
    assert SynonymGroup.objects.count() == 1


def test_the_second_tab_sees_both_versions_and_may_save_then(office, officer):
    group = create(officer)
    address = f"{LIST}{group.public_id}/"
    edit_group(group=group, words=[*WORDS, "축전지"], seen_revision=1, by=officer, at=timezone.now())

    answer = office.post(address, {"words": "\n".join([*WORDS, "충전지"]), "note": "", "revision": 1})

    assert answer.status_code == 409
    assert "축전지" in answer.text
    assert "충전지" in answer.text
    assert SynonymGroup.objects.get().words[-1] == "축전지"
    assert 'name="revision" value="2"' in answer.text
    again = office.post(address, {"words": "\n".join([*WORDS, "충전지"]), "note": "", "revision": 2})
    assert again.status_code == 302
    assert SynonymGroup.objects.get().words[-1] == "충전지"


def test_switching_and_deleting(office, officer):
    group, product = create(officer), SynonymGroupFactory(reference="hydrogen")
    office.post(f"{LIST}{group.public_id}/switch/", {"on": "false"})
    assert not SynonymGroup.objects.get(pk=group.pk).is_active
    office.post(f"{LIST}{group.public_id}/switch/", {"on": "true"})
    assert SynonymGroup.objects.get(pk=group.pk).is_active
    assert "Delete the group" not in office.get(f"{LIST}{product.public_id}/").text

    office.post(f"{LIST}{group.public_id}/delete/")
    refused = office.post(f"{LIST}{product.public_id}/delete/", follow=True)

    assert "came with the product" in refused.text
    assert list(SynonymGroup.objects.all()) == [product]
    log = office.get(f"{LIST}changes/")
    assert "Deleted" in log.text
    assert f"{LIST}{group.public_id}/" not in log.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=battery", ["전지"]),
        ("q=BATTERIES", ["전지"]),
        ("q=전", ["전지"]),
        ("q=nothing", []),
        ("in_use=false", ["수소"]),
        ("in_use=true", ["전지"]),
        ("in_use=perhaps", ["수소", "전지"]),
        ("", ["수소", "전지"]),
    ],
)
def test_page_export_and_api_show_the_same(office, officer, query, expected):
    SynonymGroupFactory(words=["전지", "battery"])
    SynonymGroupFactory(words=["수소", "=hydrogen"], is_active=False)
    page = office.get(f"{LIST}?{query}")
    assert sorted(g.words[0] for g in page.context["page"]) == expected
    text = b"".join(office.get(f"{LIST}export.csv?{query}").streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))[1:]
    assert sorted(line[0].split(" | ")[0] for line in lines) == expected
    answer = api_of(officer).get(f"/api/v1/synonyms/?{query}")
    if "perhaps" in query:
        assert answer.status_code == 400
    else:
        assert sorted(row["words"][0] for row in answer.json()["results"]) == expected


def test_the_list_has_pages(office):
    for _ in range(51):
        SynonymGroupFactory()
    assert len(office.get(LIST).context["page"]) == 50
    assert len(office.get(f"{LIST}?page=2").context["page"]) == 1


# --- API --------------------------------------------------------------------------------------------------------------


def test_open_data_has_what_is_in_use_only(officer):
    used, off = SynonymGroupFactory(), SynonymGroupFactory(is_active=False)
    anybody, program = api_of(None), api_of(officer)
    assert [row["id"] for row in anybody.get("/api/v1/synonyms/").json()["results"]] == [str(used.public_id)]
    assert anybody.get(f"/api/v1/synonyms/{off.public_id}/").status_code == 404
    assert len(program.get("/api/v1/synonyms/").json()["results"]) == 2


def test_a_program_edits_with_the_revision_it_read(officer):
    program = api_of(officer)
    made = program.post("/api/v1/synonyms/", {"words": WORDS}, format="json").json()
    there = f"/api/v1/synonyms/{made['id']}/"
    taken = program.post("/api/v1/synonyms/", {"words": ["2차전지", "x"]}, format="json")
    assert (taken.status_code, taken.json()["code"], taken.json()["errors"][0]["field"]) == (400, "word_taken", "words")

    changed = program.patch(there, {"words": ["가나", "다라"], "note": "n", "revision": 1}, format="json")
    assert (changed.json()["words"], changed.json()["revision"]) == (["가나", "다라"], 2)
    stale = program.patch(there, {"in_use": False, "revision": 1}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    assert program.patch(there, {"in_use": False}, format="json").status_code == 400
