import csv
import datetime
import io

import pytest
from django.utils import timezone

from marketplace.core.exports import csv_lines
from tech_listings.enums import DealKind, ListingState, RightStatus, RightSummary, RowAction, RunKind, RunState
from tech_listings.ingest.mapping import BadMapping
from tech_listings.ingest.problems import FileProblem
from tech_listings.models import Listing, ListingDocument, Right, Run
from tech_listings.search.documents import rewrite_documents
from tech_listings.search.narrowing import matching
from tech_listings.services.ingest_apply import (
    NeedsConfirmation,
    approve_run,
    work_on,
)
from tech_listings.services.ingest_plan import plan_run
from tech_listings.services.ingest_receive import RunIsBusy, choose_mapping
from tech_listings.services.ingest_report import changes_of, error_rows, problems_of
from tech_listings.services.ingest_targets import target_of
from tech_listings.services.publish import withdraw
from tests.factories.accounts import UserFactory
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import APPLICANT, as_csv, as_xlsx, row
from tests.tech_listings.imports.runs import counts, plan, receive, stored, take_in

ROWS = [row(n) for n in range(1, 6)]


@pytest.fixture
def source():
    return SourceFactory(conditions_of_use="협의")


def test_an_added_row_is_a_published_listing_that_can_be_found(source):
    run = take_in(source, as_csv(ROWS[:1]))

    listing = Listing.objects.get()
    right = listing.rights.get()
    assert run.state == RunState.APPLIED
    assert counts(run) == {"added": 1}
    assert (listing.title_ko, listing.state, listing.holder) == ("수소 저장 합금 1호", "published", source.organization)
    assert listing.number == f"S{timezone.localdate().year}000001"
    assert listing.registered_at is not None
    assert listing.ipc_codes == ["C01B 3/00", "H01M 8/04"]
    assert "H01M" in listing.ipc_prefixes
    assert listing.deal_kinds == [DealKind.NON_EXCLUSIVE_LICENCE]
    assert listing.conditions_of_use == "협의"
    assert listing.right_summary == RightSummary.REGISTERED
    assert (right.application_number, right.registration_number) == ("1020190000001", "1020000010000")
    assert right.expires_on == datetime.date(2039, 2, 3)
    assert right.applicants == APPLICANT
    for words in ("수소", "저장 합금", "1020190000001", listing.number, source.organization.name):
        assert list(matching(Listing.objects.published(), words)) == [listing], words


def test_the_search_document_is_the_one_the_listing_would_get_by_hand(source):
    take_in(source, as_csv(ROWS[:2]))
    made = list(ListingDocument.objects.order_by("pk").values())

    rewrite_documents(list(Listing.objects.select_related("holder").prefetch_related("rights").order_by("pk")))

    again = list(ListingDocument.objects.order_by("pk").values())
    for one in made + again:
        one["weights"] = one["weights"].to_text()
    assert made == again


def test_the_dry_run_changes_nothing(source):
    run = plan(source, as_csv(ROWS))

    assert run.state == RunState.PLANNED
    assert counts(run) == {"added": 5}
    assert run.rows.filter(action=RowAction.ADD).count() == 5
    assert Listing.objects.count() == 0


def test_the_second_time_changes_nothing(source):
    take_in(source, as_csv(ROWS))
    before = list(Listing.objects.order_by("pk").values())

    run = take_in(source, as_csv(ROWS))

    assert counts(run) == {"unchanged": 5}
    assert list(Listing.objects.order_by("pk").values()) == before


def test_the_order_of_columns_and_columns_not_taken_do_not_matter(source):
    take_in(source, as_csv([[*r, "x"] for r in ROWS], header=[*HEADERS, "비고"]))

    turned = as_csv([[*reversed(r), "y"] for r in ROWS], header=[*reversed(HEADERS), "비고"])
    assert counts(plan(source, turned)) == {"unchanged": 5}


def test_a_change_is_shown_field_by_field_and_makes_a_version(source):
    take_in(source, as_csv(ROWS))
    changed = [row(1, 상태="소멸(연차료불납)", IPC="C01B 3/00"), *ROWS[1:]]

    run = plan(source, as_csv(changed))

    [planned] = run.rows.filter(action=RowAction.CHANGE)
    assert counts(run) == {"changed": 1, "unchanged": 4}
    assert [(c.field, c.old, c.new) for c in changes_of(planned, target_of(run))] == [
        ("ipc_codes", "C01B 3/00, H01M 8/04", "C01B 3/00"),
        ("right.status", "Registered", "Expired"),
    ]

    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    work_on(run_id=run.public_id)

    listing = Listing.objects.get(source_key="a:1020190000001")
    assert (listing.revision, listing.ipc_codes, listing.right_summary) == (2, ["C01B 3/00"], RightSummary.LAPSED)
    assert listing.rights.get().status == RightStatus.EXPIRED
    assert "H01M" not in listing.ipc_prefixes


def test_the_same_values_in_another_notation_are_unchanged_and_soon_recognised(source):
    take_in(source, as_csv(ROWS))
    other = [row(n, 출원번호=f"102019{n:07d}", 출원일자="2019년 2월 3일") for n in range(1, 6)]

    assert counts(take_in(source, as_csv(other))) == {"unchanged": 5}
    assert Listing.objects.get(source_key="a:1020190000001").revision == 1
    assert counts(plan(source, as_csv(other))) == {"unchanged": 5}


def test_an_empty_cell_leaves_what_is_there(source):
    take_in(source, as_csv(ROWS))

    run = take_in(source, as_csv([row(n, 초록="", IPC="") for n in range(1, 6)]))

    assert counts(run) == {"unchanged": 5}


def test_refused_rows_do_not_stop_the_others(source):
    rows = [row(1, 출원번호="1.02E+12", 등록번호=""), row(2), row(2), row(3, 출원일자="2019-13-01"), row(4)]

    run = take_in(source, as_csv(rows))

    found = [
        (p.row, p.field, p.code)
        for refused in run.rows.filter(action=RowAction.REFUSE).order_by("row")
        for p in problems_of(refused)
    ]
    assert counts(run) == {"added": 2, "refused": 3}
    assert found == [(2, "출원번호", "spreadsheet_number"), (4, "", "repeated_key"), (5, "출원일자", "bad_date")]
    assert run.rows_read == run.added + run.refused


def test_the_file_of_errors_can_be_corrected_and_sent_again(source):
    run = take_in(source, as_csv([row(1, 출원일자="2019-13-01", 초록="=1+1 안내"), row(2)]))

    text = "".join(csv_lines(error_rows(run)))
    header, refused = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header[-5:] == ["Row", "Field", "Value", "Why", "What to do"]
    assert refused[-5:-2] == ["2", "출원일자", "2019-13-01"]
    assert refused[7] == "'=1+1 안내"

    again = take_in(source, text.replace("2019-13-01", "2019-12-01").encode())
    assert counts(again) == {"added": 1}
    assert Listing.objects.get(source_key="a:1020190000001").summary_ko == "=1+1 안내"


def test_totals_and_blank_rows(source):
    run = take_in(source, as_csv([*ROWS, [""] * 9, ["합계", "5건", *[""] * 7]]))

    assert counts(run) == {"added": 5, "left_out": 1}
    assert run.rows_read == 6


def test_a_row_without_summary_becomes_a_draft_and_is_published_once_it_has_one(source):
    take_in(source, as_csv([row(1, 초록="")]))
    draft = Listing.objects.get()
    assert (draft.state, draft.number) == (ListingState.DRAFT, None)

    take_in(source, as_csv([row(1)]))

    draft.refresh_from_db()
    assert draft.state == ListingState.PUBLISHED
    assert draft.number


@pytest.mark.parametrize(
    ("data", "lost"),
    [
        (lambda rows: as_csv(rows, encoding="utf-16", delimiter="\t"), 0),
        (as_xlsx, 0),
        (lambda rows: as_csv(rows, encoding="utf-8-sig", delimiter=";"), 0),
        (lambda rows: as_csv(rows, encoding="cp949", errors="replace"), 1),
    ],
)
def test_every_save_of_the_same_table_gives_the_same_listings(source, data, lost):
    rows = [row(1, 초록="영하 −20도에서도 작동한다."), *ROWS[1:]]
    take_in(source, as_csv(rows))
    before = stored(source)

    other = SourceFactory(conditions_of_use="협의")
    run = take_in(other, data(rows))
    fresh = stored(other)
    again = take_in(source, data(rows))

    if lost:
        fresh[0][0]["summary_ko"] = fresh[0][0]["summary_ko"].replace("?", "−")
        warned = [p.code for r in run.rows.filter(action=RowAction.NOTE) for p in problems_of(r)]
        assert warned == ["possibly_lost_character"]
        [note] = [p for r in again.rows.filter(action=RowAction.NOTE) for p in problems_of(r)]
        assert (note.code, dict(note.detail)) == ("lost_characters", {"lost": "−"})
    assert fresh == before
    assert counts(again) == {"unchanged": 5}
    assert stored(source) == before


def test_additions_withdraw_nothing(source):
    take_in(source, as_csv(ROWS))

    assert counts(take_in(source, as_csv([row(9)]))) == {"added": 1}
    assert Listing.objects.published().count() == 6


def test_what_a_full_file_lacks_is_withdrawn_not_deleted_and_comes_back(source):
    rows = [row(n) for n in range(1, 21)]
    by = UserFactory()
    take_in(source, as_csv(rows))
    number = Listing.objects.get(source_key="a:1020190000020").number

    run = take_in(source, as_csv(rows[:19]), kind=RunKind.FULL, by=by)

    gone = Listing.objects.get(source_key="a:1020190000020")
    assert counts(run) == {"unchanged": 19, "withdrawn": 1}
    assert gone.state == ListingState.WITHDRAWN
    assert source.name in gone.withdrawn_reason

    again = take_in(source, as_csv(rows), kind=RunKind.FULL)

    gone.refresh_from_db()
    assert counts(again) == {"unchanged": 19, "changed": 1}
    assert (gone.state, gone.number) == (ListingState.PUBLISHED, number)


def test_what_a_person_withdrew_does_not_come_back_by_itself(source):
    take_in(source, as_csv(ROWS))
    withdraw(listing=Listing.objects.first(), reason="실시 계약", by=UserFactory(), at=timezone.now())

    assert counts(take_in(source, as_csv(ROWS))) == {"unchanged": 5}
    assert Listing.objects.published().count() == 4


def test_a_mass_withdrawal_waits_for_a_person(source):
    rows = [row(n) for n in range(1, 21)]
    take_in(source, as_csv(rows))
    run = plan(source, as_csv(rows[:17]), kind=RunKind.FULL)

    assert run.state == RunState.HELD
    with pytest.raises(NeedsConfirmation):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert Listing.objects.published().count() == 20

    approve_run(run=run, by=None, at=timezone.now(), confirm_withdrawals=True, wake=False)
    assert work_on(run_id=run.public_id).state == RunState.APPLIED
    assert Listing.objects.published().count() == 17


def test_a_full_file_with_an_unreadable_number_withdraws_nothing(source):
    rows = [row(n) for n in range(1, 21)]
    take_in(source, as_csv(rows))

    run = plan(source, as_csv([row(1, 출원번호="1.02E+12", 등록번호=""), *rows[1:]]), kind=RunKind.FULL)

    assert counts(run) == {"unchanged": 19, "refused": 1}
    assert run.lost_keys == 1


def test_a_refused_row_is_not_a_vanished_one(source):
    take_in(source, as_csv(ROWS))

    run = plan(source, as_csv([row(1, 출원일자="어제"), *ROWS[1:]]), kind=RunKind.FULL)

    assert counts(run) == {"unchanged": 4, "refused": 1}


def test_a_file_without_known_columns_waits_for_the_mapping_which_is_remembered(source):
    data = as_csv([["10-2019-0000001", "합금", "수소를 저장한다."]], header=["가", "나", "다"])
    run = receive(source, data)
    assert run.state == RunState.RECEIVED

    with pytest.raises(BadMapping):
        choose_mapping(run=run, mapping={"title": "나"}, by=None, at=timezone.now(), wake=False)
    chosen = {"title": "나", "abstract": "다", "application_number": "가"}
    choose_mapping(run=run, mapping=chosen, by=None, at=timezone.now(), wake=False)
    plan_run(run_id=run.public_id, at=timezone.now())
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    work_on(run_id=run.public_id)

    assert Listing.objects.get().summary_ko == "수소를 저장한다."
    source.refresh_from_db()
    assert source.mapping == chosen
    following = as_csv([["10-2019-0000002", "합금 둘", "수소"]], header=["가", "나", "다"])
    assert receive(source, following).state == RunState.PLANNING
    with pytest.raises(RunIsBusy):
        choose_mapping(run=Run.objects.first(), mapping=chosen, by=None, at=timezone.now(), wake=False)


def test_files_with_and_without_own_identifiers_alternate(source):
    take_in(source, as_csv(ROWS))

    with_id = as_csv([[f"K-{n}", *row(n)] for n in range(1, 7)], header=["관리번호", *HEADERS])

    assert counts(take_in(source, with_id)) == {"unchanged": 5, "added": 1}
    assert counts(take_in(source, as_csv([row(n) for n in range(1, 7)]))) == {"unchanged": 6}


def test_a_file_publishes_at_once_and_an_officer_looks_at_it_afterwards(source):
    take_in(source, as_csv([row(1)]))
    listing = Listing.objects.get()
    assert (listing.state, listing.reviewed_at) == (ListingState.PUBLISHED, None)
    assert not listing.submissions.exists()
    Listing.objects.update(reviewed_at=timezone.now())
    take_in(source, as_csv([row(1, 초록="다시 쓴 초록이다.")]))
    listing.refresh_from_db()
    assert listing.reviewed_at is None


@pytest.mark.parametrize("state", [ListingState.SUBMITTED, ListingState.IN_REVIEW, ListingState.RETURNED])
def test_a_file_publishes_nothing_that_waits_for_an_officer(source, state):
    take_in(source, as_csv([row(1, 초록="")]))
    for step in (ListingState.SUBMITTED, ListingState.IN_REVIEW, ListingState.RETURNED):
        Listing.objects.update(state=step)
        if step == state:
            break
    take_in(source, as_csv([row(1)]))
    listing = Listing.objects.get()
    assert (listing.state, listing.number) == (state, None)
    assert listing.summary_ko
    assert listing.revision == 2, "who reads the older one is told"


def test_what_is_closed_stays_as_it_is(source):
    take_in(source, as_csv([row(1)]))
    over = {"closed_at": timezone.now(), "outcome": "non_exclusive", "outcome_on": timezone.localdate()}
    Listing.objects.update(state=ListingState.CLOSED, **over)
    before = Listing.objects.values().get()
    assert counts(take_in(source, as_csv([row(1, 초록="다시 쓴 초록이다.")]))) == {"left_out": 1}
    assert Listing.objects.values().get() == before


def test_a_discarded_draft_is_not_taken_again(source):
    take_in(source, as_csv([row(1, 초록="")]))
    Listing.objects.update(state=ListingState.DISCARDED)

    run = take_in(source, as_csv([row(1)]))

    assert counts(run) == {"left_out": 1}
    assert Listing.objects.get().state == ListingState.DISCARDED


def test_a_patent_that_another_source_lists_already_is_named(source):
    take_in(source, as_csv(ROWS[:1]))
    other = SourceFactory(organization=source.organization)

    run = plan(other, as_csv(ROWS[:2]))

    [note] = [p for r in run.rows.filter(action=RowAction.NOTE) for p in problems_of(r)]
    assert counts(run) == {"added": 2}
    assert (note.row, note.code, dict(note.detail)) == (2, "also_listed", {"number": Listing.objects.get().number})


def test_a_file_that_is_no_table_makes_no_run(source):
    with pytest.raises(FileProblem):
        receive(source, b"%PDF-1.7", name="목록.csv")

    assert Run.objects.count() == 0


def test_rights_edited_by_hand_meanwhile_are_not_doubled(source):
    take_in(source, as_csv(ROWS[:1]))
    run = plan(source, as_csv([row(1, 상태="소멸")]))
    Right.objects.all().delete()

    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    work_on(run_id=run.public_id)

    assert Right.objects.count() == 0


HEADERS = ["출원번호", "발명의 명칭", "출원인", "출원일자", "등록번호", "등록일자", "IPC", "초록", "상태"]
