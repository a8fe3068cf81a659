"""The capability index as a formula: pure, in integers, the same whatever the order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.enums.index import Area, PeerGroup
from policy.forms.index import WeightsForm
from policy.scheme.index import (
    AREA_OF,
    PARTS,
    RECORDED,
    SURVEYED,
    BadScheme,
    Band,
    Entry,
    Scheme,
    digest_of,
    ranked,
)
from policy.services.index.weights import DATA
from policy.wording.index import SHIPPED_SOURCE

NAMES = (*SURVEYED, *RECORDED)
figure = st.one_of(st.none(), st.integers(0, 10**12))
groups = st.sampled_from([str(group) for group in PeerGroup])


@st.composite
def schemes(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=len(PARTS) - 1, max_size=len(PARTS) - 1)))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    return Scheme(dict(zip(map(str, PARTS), weights, strict=True)), (Band(1, 200), Band(3, 100)), 5_000).check()


@st.composite
def nations(draw):
    many = draw(st.integers(1, 8))
    return [Entry(f"k{place}", draw(groups), {name: draw(figure) for name in NAMES}) for place in range(many)]


def test_what_comes_with_the_product_adds_up():
    import json

    said = json.loads(DATA.read_text(encoding="utf-8"))
    scheme = Scheme.of(said["scheme"])
    assert sum(scheme.weights.values()) == 10_000
    assert {AREA_OF[name] for name in PARTS} == set(Area)
    assert Scheme.of(scheme.as_json()) == scheme
    assert said["source"] == SHIPPED_SOURCE  # which the catalogues know


@settings(max_examples=60)
@given(nations(), schemes(), st.randoms())
def test_the_order_of_institutes_makes_no_difference(nation, scheme, chance):
    shuffled = nation[:]
    chance.shuffle(shuffled)
    assert ranked(shuffled, scheme) == ranked(nation, scheme)
    assert digest_of(shuffled, scheme) == digest_of(nation, scheme)


@settings(max_examples=60)
@given(nations(), schemes())
def test_scores_are_in_bounds_and_ranks_follow_them(nation, scheme):
    for score in (scores := ranked(nation, scheme)):
        peers = [other for other in scores if other.group == score.group]
        assert 0 <= score.score_bp <= 10_000
        assert 0 <= score.complete_bp <= 10_000
        assert score.rank == 1 + sum(other.score_bp > score.score_bp for other in peers)
        assert score.of == len(peers)
        assert score.score_bp - len(Area) < sum(score.areas.values()) <= score.score_bp
        assert score.points_bp in {0, 100, 200}
        assert not (score.points_bp and score.complete_bp < scheme.least_complete_bp)


@settings(max_examples=60)
@given(nations(), schemes(), st.sampled_from(["transfers", "receipts_won", "registered"]), st.integers(1, 10**9))
def test_more_results_never_cost_a_place(nation, scheme, name, more):
    """Of figures that only stand above a line: more of them, no lower score, no worse rank."""
    entry = nation[0]
    if entry.figures[name] is None:
        return
    better = Entry(entry.key, entry.group, {**entry.figures, name: entry.figures[name] + more})
    before = next(each for each in ranked(nation, scheme) if each.key == entry.key)
    after = next(each for each in ranked([better, *nation[1:]], scheme) if each.key == entry.key)
    assert after.score_bp >= before.score_bp
    assert after.rank <= before.rank


def test_equals_share_a_rank_and_the_next_is_skipped():
    scheme = Scheme({**dict.fromkeys(map(str, PARTS), 0), "transfer_rate": 10_000}, (Band(1, 200),), 0)
    figures = dict.fromkeys(NAMES, 1)
    transfers = {"b": 2, "c": 1, "a": 2}
    nation = [Entry(key, "basic", {**figures, "transfers": many}) for key, many in transfers.items()]
    found = ranked(nation, scheme)
    assert [(each.key, each.rank, each.score_bp, each.points_bp) for each in found] == [
        ("a", 1, 10_000, 200), ("b", 1, 10_000, 200), ("c", 3, 5_000, 0),
    ]  # fmt: skip


def test_what_is_not_known_counts_as_nothing_and_is_said():
    scheme = Scheme({**dict.fromkeys(map(str, PARTS), 0), "transfer_rate": 6_000, "productivity": 4_000}, (), 0)
    known = {"transfers": 3, "new_technologies": 4, "receipts_won": 5, "research_expenditure_won": 0}
    score = ranked([Entry("a", "basic", known)], scheme)[0]
    assert (score.score_bp, score.complete_bp) == (6_000, 6_000)  # nothing is divided by 0
    assert ranked([Entry("a", "basic", {})], scheme)[0].complete_bp == 0


WEIGHTS = {"staff_by_technologies": 10_000}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weights": {}}, "weights"),
        ({"weights": {**dict.fromkeys(map(str, PARTS), 0), "listed": 9_999}}, "weights"),
        ({"weights": {**dict.fromkeys(map(str, PARTS), 0), "listed": 10_001, "productivity": -1}}, "weights"),
        ({"bands": (Band(3, 100), Band(1, 200))}, "bands"),
        ({"bands": (Band(1, 100), Band(1, 50))}, "bands"),
        ({"bands": (Band(1, 100), Band(2, 200))}, "bands"),
        ({"bands": (Band(0, 100),)}, "bands"),
        ({"bands": (Band(1, 5_000),)}, "bands"),
        ({"least_complete_bp": 10_001}, "least_complete_bp"),
    ],
)
def test_what_cannot_be_computed_with_is_refused(change, field):
    good = {"weights": {**dict.fromkeys(map(str, PARTS), 0), "listed": 10_000}, "bands": (), "least_complete_bp": 0}
    Scheme(**good).check()
    with pytest.raises(BadScheme) as refused:
        Scheme(**{**good, **change}).check()
    assert refused.value.field == field


def test_a_version_with_many_bands_loses_none_in_the_form():
    bands = tuple(Band(rank, 1_000 - 100 * rank) for rank in range(1, 8))
    scheme = Scheme({str(name): 10_000 if place == 0 else 0 for place, name in enumerate(PARTS)}, bands, 5_000)
    shown = WeightsForm(scheme=scheme, initial={"source": "Expert group"})
    typed = {name: shown[name].value() for name in shown.fields}
    form = WeightsForm({name: value for name, value in typed.items() if value is not None}, scheme=scheme)
    assert form.is_valid(), form.errors
    assert form.scheme == scheme
