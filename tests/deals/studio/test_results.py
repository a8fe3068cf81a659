"""Cards and charts: every won of a plan stands in its bars, on the scale of all options."""

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from deals.models import Option
from deals.queries.studio import Way
from deals.results.studio import HEIGHT, TOP, WIDTH, Turn, cards, turn_in_words
from deals.terms import Case, band_of, bands, compare, sources
from tests.deals.terms.examples import LUMP, MILLION, RUNNING, SIGNED, SWAP, any_terms, cases, forecast


def shown(options, rows, signed_on=SIGNED, case=Case.BASE):
    found = [Way(Option(title=f"Option {place}"), terms) for place, terms in enumerate(options)]
    made = compare({each.key: each.terms for each in found}, rows, signed_on)
    return cards(made, found, case)


def test_all_charts_have_one_scale():
    lump, running = shown([LUMP, RUNNING], forecast(1_000, 2_000))
    assert lump.chart.top_won == running.chart.top_won == 100 * MILLION
    heights = {bar.year: bar.height for bar in running.chart.bars}
    assert heights == {2026: 11, 2027: 0, 2028: 33, 2029: 66}
    assert [bar.height for bar in lump.chart.bars] == [HEIGHT - TOP - 22, 0, 0, 0]


def test_a_small_sum_is_still_seen_and_many_years_get_few_labels():
    lump, swap = shown([LUMP, SWAP], forecast(*[1] * 12))
    assert min(bar.height for bar in swap.chart.bars if bar.won) == 2
    assert sum(1 for bar in lump.chart.bars if bar.label) <= 8


@settings(max_examples=40)
@given(given_case=cases(), other=any_terms, case=st.sampled_from(list(Case)))
def test_bars_stay_in_the_picture_and_hold_every_won(given_case, other, case):
    terms, rows, signed_on = given_case
    for card in shown([terms, other], rows, signed_on, case):
        assert sum(bar.won for bar in card.chart.bars) == card.plan.total_won == sum(won for _, won in card.years)
        for bar in card.chart.bars:
            assert bar.x >= 0
            assert bar.x + bar.width <= WIDTH
            assert TOP <= bar.y <= HEIGHT
            assert (bar.height > 0) is (bar.won > 0)


def test_turns_in_words():
    assert turn_in_words(Turn("Once", None)) == "never more than “Once”"
    assert turn_in_words(Turn("Once", 0)) == "more than “Once” even without sales"
    assert turn_in_words(Turn("Once", 5)) == "more than “Once” from KRW 5 of sales on"


def test_rates_are_bands_with_names_in_three_languages_and_sources():
    assert len(bands()) == 8
    assert all(0 < each.low_bp <= each.middle_bp <= each.high_bp <= 1_000 for each in bands())
    assert {each.key: (each.low_bp, each.high_bp) for each in bands()}["semiconductors"] == (100, 200)
    for language in ("ko", "en", "zh-hans"):
        assert all(each.name_in(language) for each in bands())
        assert all(each.text_in(language) for each in sources())


def test_the_band_of_a_technology_is_that_of_its_first_class_that_has_one():
    assert band_of(["H01L 21/02"]).key == "semiconductors"
    assert band_of(["H01M 10/0525"]).key == "electronics"
    assert band_of(["A61K 31/00", "H01L 21/02"]).key == "pharma"
    assert band_of(["A61B 5/00"]).key == "medical"
    assert band_of(["X99Z", "G06F 17/00"]).key == "software"
    assert band_of([]) is None
    assert datetime.date(2026, 6, 15) == SIGNED
