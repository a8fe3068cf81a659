"""A ranking is published as it was seen, and never changed; weights have versions; who may do it."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.enums import InstituteKind
from accounts.services.merge import merge
from deals.models import Contract
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from policy.enums.index import WEIGHTS_STATES, PeerGroup, WeightsState
from policy.models import IndexWeights, PeerPlacement, Ranking, RankingLine
from policy.queries.figures.figure import Scope
from policy.queries.figures.transfer import royalty_income
from policy.queries.index import compute, groups_of, line_of, own_inputs, what_if
from policy.queries.survey import own_records
from policy.services.index.publish import SameRanking, place_institute, publish_ranking
from policy.services.index.weights import discard_weights, edit_weights, load_weights, publish_weights
from royalties.services.income.assign import undo_assignment
from royalties.services.income.receive import set_aside
from tech_listings.services.publish import withdraw
from tests.database import undone
from tests.factories.accounts import MembershipFactory, MergeProposalFactory, OrganizationFactory
from tests.factories.policy.figures import merged
from tests.factories.policy_index import published, weights, weights_draft
from tests.factories.policy_survey import accepted, officer, staff
from tests.factories.royalties.income import concluded, due, invoiced, paid, received
from tests.factories.tech_listings import ListingFactory


@pytest.fixture
def now():
    return timezone.now()


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Ranking, RankingLine, IndexWeights)]


def test_a_ranking_is_frozen_with_weights_and_inputs(now):
    sheet = accepted(at=now)
    ranking = published(year=sheet.round.year, at=now)
    line = ranking.lines.get(institute=sheet.institute)
    assert (ranking.version, ranking.line_count, line.rank, line.of) == (1, 1, 1, 1)
    assert own_inputs(line)["new_technologies"] == 100
    again = compute(ranking.year, ranking.weights).scores
    assert [(score.score_bp, score.complete_bp) for score in again] == [(line.score_bp, line.complete_bp)]
    assert Notification.objects.filter(recipient=sheet.begun_by, kind="ranking_published").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda r: Ranking.objects.filter(pk=r.pk).update(digest="0" * 64),
        lambda r: Ranking.objects.filter(pk=r.pk).delete(),
        lambda r: r.lines.update(score_bp=1),
        lambda r: r.lines.all().delete(),
        lambda r: RankingLine.objects.create(
            ranking=r, institute=OrganizationFactory(institute=True), group="basic", rank=1, of=1, score_bp=1,
            support_bp=0, management_bp=0, results_bp=0, complete_bp=0, points_bp=0, parts=[],
        ),
        lambda r: IndexWeights.objects.filter(pk=r.weights_id).update(source="x"),
        lambda r: IndexWeights.objects.filter(pk=r.weights_id).delete(),
    ],
)  # fmt: skip
def test_nothing_of_it_is_ever_changed(change, now):
    ranking = published(at=now)
    before = rows()
    with pytest.raises(DatabaseError), transaction.atomic():
        change(ranking)
    assert rows() == before


def test_a_recomputation_is_a_new_version_with_a_reason(now):
    first = published(at=now)
    with pytest.raises(SameRanking):
        published(year=first.year, reason="Again.", at=now)
    accepted(at=now)
    with pytest.raises(DomainError) as refused:
        published(year=first.year, at=now)
    assert refused.value.field == "reason"
    second = published(year=first.year, reason="One answered late.", at=now)
    assert (second.version, second.line_count) == (2, 2)
    assert Ranking.objects.current().get() == second
    assert first.lines.count() == 1


def test_what_changed_since_it_was_seen_is_not_published(now):
    year, digest = accepted(at=now).round.year, "0" * 64
    weights(now)
    for by, seen, error in ((officer(), digest, ChangedMeanwhile), (staff(OrganizationFactory()), digest, NotAllowed)):
        with pytest.raises(error):
            publish_ranking(year=year, seen=seen, by=by, at=now)
    with pytest.raises(NotPossibleNow):
        publish_ranking(year=year - 5, seen=digest, by=officer(), at=now)
    assert not Ranking.objects.exists()


def test_peer_groups_follow_the_kind_until_an_officer_says_otherwise(now):
    national = OrganizationFactory(institute=True, institute_kind=InstituteKind.NATIONAL)
    assert groups_of([national])[national.pk] == PeerGroup.INFRASTRUCTURE
    clerk = officer()
    for group in (PeerGroup.BASIC, PeerGroup.COMMERCIALIZATION):
        place_institute(institute=national, group=group, reason="It does applied work.", by=clerk, at=now)
    assert groups_of([national])[national.pk] == PeerGroup.COMMERCIALIZATION
    with pytest.raises(NotAllowed):
        place_institute(institute=national, group="basic", reason="x", by=staff(national), at=now)
    with pytest.raises(DomainError):
        place_institute(institute=national, group="nonsense", reason="x", by=clerk, at=now)
    with pytest.raises(NotPossibleNow):
        place_institute(institute=OrganizationFactory(), group="basic", reason="x", by=clerk, at=now)
    assert PeerPlacement.objects.count() == 2


def test_own_records_count_the_year_of_korea_and_what_was_merged(now):
    institute = OrganizationFactory(institute=True)
    gone = OrganizationFactory(institute=True)
    ListingFactory(holder=institute)
    withdraw(listing=ListingFactory(holder=gone), reason="licensed", by=officer(), at=now)
    proposal = MergeProposalFactory(gone=gone, into=institute)
    boss = MembershipFactory(government=True, manager=True).user
    merge(gone=gone, into=institute, reason=proposal.reason, by=boss, at=now)
    year = timezone.localtime(now).year
    found = own_records([institute.pk], year)[institute.pk]
    assert (found.registered, found.transfers, found.receipts_won) == (2, 0, 0)
    assert own_records([institute.pk], year - 1)[institute.pk].registered == 0
    assert not Contract.objects.exists()


def test_own_records_count_royalty_and_no_other_deposit(now):
    """What is no royalty, what nobody assigned, VAT and what was undone move no indicator; what was merged counts."""
    house, gone = OrganizationFactory(institute=True), OrganizationFactory(institute=True)
    clerk, today = staff(house), timezone.localdate(now)
    set_aside(receipt=received(house, 7_000_000, by=clerk, at=now), reason="Rent", by=clerk, at=now)
    received(house, 5_000_000, by=clerk, at=now)
    lines = [due(concluded(holder=house), amount_won=amount) for amount in (1_000_000, 9_000_000)]
    kept, undone_one = (paid(invoiced(line, at=now), at=now) for line in lines)
    undo_assignment(allocation=undone_one, reason="Wrong invoice", by=undone_one.assigned_by, at=now)
    assert (kept.net_won, kept.vat_won) == (1_000_000, 100_000)
    assert own_records([house.pk], today.year)[house.pk].receipts_won == 1_000_000
    paid(invoiced(due(concluded(holder=gone), amount_won=2_000_000), at=now), at=now)
    merged(gone, house)
    rows = royalty_income(Scope(today, today.year)).filter(row_institute__in=[house.pk, gone.pk])
    found = own_records([house.pk], today.year)[house.pk].receipts_won
    assert found == sum(row.row_amount for row in rows) == 3_000_000
    assert own_records([house.pk], today.year - 1)[house.pk].receipts_won == 0


def test_what_if_changes_nothing_but_the_answer(now):
    first, second = accepted(at=now), accepted(at=now, figures={"office_staff": 10})
    ranking = published(year=first.round.year, at=now)
    line, before = line_of(first.institute, ranking.year), rows()
    now_is, then = what_if(line, {"office_staff": 20})
    assert (now_is.score_bp, now_is.rank) == (line.score_bp, line.rank) == (now_is.score_bp, 2)
    assert (then.rank, then.score_bp > now_is.score_bp) == (1, True)
    assert rows() == before
    assert line_of(second.institute, ranking.year).rank == 1


def test_weights_are_written_by_one_and_published_by_another(now):
    writer, other = officer(), officer()
    draft = weights_draft(by=writer, at=now)
    scheme = draft.plan
    given = {"weights": draft, "revision": 1, "at": now}
    with pytest.raises(NotAllowed):
        publish_weights(**given, by=writer)
    with pytest.raises(NotAllowed):
        edit_weights(**given, scheme=scheme, source="x", by=other)
    with pytest.raises(NotAllowed):
        publish_weights(**given, by=MembershipFactory(institute=True, manager=True).user)
    edit_weights(**given, scheme=scheme, source="Better", by=writer)
    with pytest.raises(ChangedMeanwhile):
        publish_weights(**given, by=other)
    held = publish_weights(weights=draft, revision=2, by=other, at=now)
    assert (held.state, IndexWeights.objects.in_use().first()) == (WeightsState.PUBLISHED, held)
    for act in (publish_weights, discard_weights):
        with pytest.raises(Conflict):
            act(weights=held, revision=2, by=other, **({"at": now} if act is publish_weights else {}))


def test_an_older_draft_does_not_come_after_a_newer_version(now):
    older, newer = weights_draft(at=now), weights_draft(at=now)
    publish_weights(weights=newer, revision=1, by=officer(), at=now)
    with pytest.raises(NotPossibleNow):
        publish_weights(weights=older, revision=1, by=officer(), at=now)


def test_loading_twice_is_as_loading_once(now):
    assert [load_weights(at=now), load_weights(at=now)] == [True, False]


def test_states_of_weights_agree(now):
    wrong = []
    for state in WeightsState:
        draft = weights_draft(at=now)
        if state != WeightsState.DRAFT:
            given = {"weights": draft, "revision": 1, "by": officer()}
            publish_weights(**given, at=now) if state == WeightsState.PUBLISHED else discard_weights(**given)
        draft.refresh_from_db()
        for to in WeightsState:
            if to == state:
                continue
            said = {"published_at": now, "published_by": officer()} if to == WeightsState.PUBLISHED else {}
            with undone():
                try:
                    with transaction.atomic():
                        IndexWeights.objects.filter(pk=draft.pk).update(state=to, **said)
                    moved = True
                except DatabaseError:
                    moved = False
            if moved != WEIGHTS_STATES.can(draft, to):
                wrong.append((state, to, moved))
    assert wrong == []
