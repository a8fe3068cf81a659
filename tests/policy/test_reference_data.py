import datetime
import io

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from policy.models import LiveValue, NationalValue, Target
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze
from policy.services.figures.load import Unknown, load_series, load_targets, read
from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.policy.figures import NOW, answer, institute, merged, more_contracts, officer
from tests.factories.royalties.calendar import ended
from tests.factories.royalties.income import concluded
from tests.factories.tech_listings import ListingFactory


def loaded():
    out = io.StringIO()
    call_command("load_national_series", stdout=out)
    return out.getvalue()


def test_the_second_time_is_a_no_op():
    assert "added" in loaded()
    before = list(NationalValue.objects.order_by("pk").values())
    assert "series: added 0, changed 0" in loaded()
    assert list(NationalValue.objects.order_by("pk").values()) == before


def test_every_value_has_a_source_and_every_gap_says_so():
    loaded()
    for row in NationalValue.objects.all():
        assert bool(row.source) is (row.value is not None), row
        assert row.value is not None or row.note, row
    years = list(NationalValue.objects.filter(figure="transfer_rate").order_by("year").values_list("year", flat=True))
    assert years == list(range(years[0], years[-1] + 1))
    assert NationalValue.objects.filter(year__in=[2008, 2009, 2010, 2017], value__isnull=False).count() == 0


def test_the_path_between_the_plans_ends_is_an_assumption():
    loaded()
    rate = {row.year: row for row in Target.objects.current().filter(figure="transfer_rate")}
    assert (rate[2012].value, rate[2017].value) == (2710, 3480)
    assert {row.year for row in rate.values() if not row.is_assumption} == {2012, 2017}
    steps = [rate[year + 1].value - rate[year].value for year in range(2012, 2017)]
    assert len(set(steps)) == 1
    productivity = {row.year: row.value for row in Target.objects.current().filter(figure="research_productivity")}
    assert (productivity[2012], productivity[2017]) == (146, 179)


def test_a_changed_file_changes_the_series_and_keeps_what_was():
    rows = read("national_series.json")
    load_series(rows=rows)
    changed = [{**row, "value": 5_000} if (row["figure"], row["year"]) == ("transfers", 2016) else row for row in rows]
    assert load_series(rows=changed).changed == 1
    row = NationalValue.objects.get(figure="transfers", year=2016)
    assert row.value == 5_000
    assert row.events.get().value == 12_357


def test_what_an_officer_set_stays():
    load_targets(rows=read("targets.json"), at=NOW)
    Target.objects.filter(figure="transfer_rate", year=2017).update(replaced_at=NOW)
    assert load_targets(rows=read("targets.json"), at=NOW).added == 0


@pytest.mark.parametrize("wrong", [{"figure": "no_such"}, {"source": ""}])
def test_a_wrong_row_loads_nothing(wrong):
    rows = [*read("national_series.json"), {**read("national_series.json")[0], "value": 3, "year": 2001, **wrong}]
    with pytest.raises(Unknown, match="2001"):
        load_series(rows=rows)
    assert not NationalValue.objects.exists()


def test_the_database_asks_for_a_source():
    with pytest.raises(IntegrityError, match="national_value_says_whence"), transaction.atomic():
        NationalValue.objects.create(figure="transfers", year=2001, value=3)


def test_all_series_are_of_figures_told_by_years():
    for row in (*read("national_series.json"), *read("targets.json")):
        assert FIGURES[row["figure"]].is_yearly


def test_2016_comes_out_of_answers_and_contracts():
    """facts §7: 12,357 transfers of 32,491 new technologies are 38.03 %, counted by the house as any year is."""
    houses, at = [institute() for _ in range(4)], NOW.replace(year=2017, month=6)
    merged(houses[3], houses[0])
    for house, technologies in zip(houses, (30_000, 9_999, 400, 91), strict=True):
        answer(house, year=2016, technologies=technologies, at=at)
    answer(houses[1], year=2016, technologies=2_000, at=at, version=2)
    days = [datetime.date(2016, *day) for day in ((1, 1), (5, 2), (9, 3), (12, 31))]
    signed = [concluded(holder=house, signed_on=day) for house, day in zip(houses, days, strict=True)]
    ended(signed[0], datetime.date(2017, 3, 1))
    for day in (datetime.date(2015, 12, 31), datetime.date(2017, 1, 1)):
        concluded(holder=houses[0], signed_on=day)
    concluded(listing=ListingFactory(holder=OrganizationFactory()), signed_on=signed[1].signed_on)
    more_contracts(signed[1], 12_357 - len(signed))
    compute_all(at=NOW)
    freeze(figure=FIGURES["transfer_rate"], month=datetime.date(2026, 10, 1), at=NOW)
    live = LiveValue.objects.get(figure="transfer_rate", year=2016)
    assert {key: part["total"] for key, part in live.parts.items()} == {"numerator": 12_357, "denominator": 32_491}
    for client in (Client(), sign_in(Client(), officer())):  # the frozen month, and the live value
        [line] = [line for line in client.get("/figures/transfer_rate/").context["years"] if line.year == 2016]
        assert (line.live_text, line.national) == ("38.03 %", None)
    loaded()
    assert NationalValue.objects.get(figure="transfer_rate", year=2016).value == live.value
