"""The form of an option: what is typed becomes terms, faults stand at their fields, nothing of given terms is lost."""

from dataclasses import replace

import pytest
from hypothesis import given

from deals.forms.studio import OptionForm, initial_of
from deals.terms import Instalment, Milestone, Template, Terms, begin, template_of
from tests.deals.terms.examples import EVERY, INSTALMENTS, MILESTONES, MILLION, RUNNING, any_terms


def sent_by_a_browser(form):
    """What an unbound form gives when it is sent as it stands."""
    data = {}
    for field in form:
        value = field.value()
        value = form.fields[field.name].prepare_value(value) if value is not None else ""
        if value is not False:
            data[field.html_name] = "on" if value is True else str(value)
    return data


def through_the_form(terms, template=None):
    template = template or template_of(terms)
    first = OptionForm(template=template, prefix="o0", initial=initial_of(terms, "Any"))
    return OptionForm(sent_by_a_browser(first), template=template, prefix="o0")


@given(terms=any_terms)
def test_whatever_was_offered_comes_back_from_its_form(terms):
    """A counter-offer begins with the terms of the offer: what its template has no field for is shown all the same."""
    form = through_the_form(terms)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["option"].terms == terms


@pytest.mark.parametrize("terms", EVERY.values(), ids=EVERY)
def test_the_usual_terms_too(terms):
    form = through_the_form(terms)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["option"].terms == terms


@pytest.mark.parametrize("template", Template)
def test_what_a_template_begins_with_can_be_sent_as_it_is(template):
    terms = begin(template, price_won=100 * MILLION, rate_bp=350)
    form = through_the_form(terms, template)
    if template == Template.EQUITY:
        assert form.errors == {"equity_bp": form.errors["equity_bp"]}
    else:
        assert form.is_valid(), form.errors
        assert form.cleaned_data["option"].terms == terms


def test_there_is_a_row_to_spare_and_gaps_close():
    six = replace(INSTALMENTS, instalments=tuple(Instalment(each, each) for each in range(1, 7)))
    form = OptionForm(template=Template.INSTALMENTS, initial=initial_of(six))
    assert len(form.row_fields()) == 7
    data = sent_by_a_browser(form) | {"instalments_1_months": "", "instalments_1_won": "", "title": "x"}
    bound = OptionForm(data, template=Template.INSTALMENTS)
    assert bound.is_valid(), bound.errors
    assert [each.months for each in bound.cleaned_data["option"].terms.instalments] == [1, 3, 4, 5, 6]


def test_a_milestone_keeps_its_key_and_a_new_one_gets_a_free_one():
    terms = replace(MILESTONES, milestones=(Milestone("m2", "Prototype", 5, 6), Milestone("first_sale", "Sale", 5, 9)))
    form = OptionForm(template=Template.MILESTONES, initial=initial_of(terms, "Steps"))
    more = {"milestones_2_words": "Approval", "milestones_2_won": "7", "milestones_2_month": "12"}
    more |= {"milestones_3_words": "Line", "milestones_3_won": "7", "milestones_3_month": "13"}
    bound = OptionForm(sent_by_a_browser(form) | more, template=Template.MILESTONES)
    assert bound.is_valid(), bound.errors
    keys = [each.key for each in bound.cleaned_data["option"].terms.milestones]
    assert keys == ["m2", "first_sale", "m1", "m3"]


@pytest.mark.parametrize(
    ("terms", "change", "field"),
    [
        (RUNNING, {"running_bp": ""}, "running_bp"),
        (RUNNING, {"running_bp": "101"}, "running_bp"),
        (RUNNING, {"upfront_won": "123.6"}, "upfront_won"),
        (RUNNING, {"title": ""}, "title"),
        (RUNNING, {"statement_due_months": "13"}, "statement_due_months"),
        (INSTALMENTS, {"instalments_1_months": "12"}, "instalments_1_months"),
        (INSTALMENTS, {"instalments_3_won": "5"}, "instalments_3_months"),
        (INSTALMENTS, {"instalments_0_won": "0"}, "instalments_0_won"),
        (MILESTONES, {"milestones_1_won": ""}, "milestones_1_won"),
        (MILESTONES, {"milestones_0_words": ""}, "milestones_0_words"),
        (EVERY["bounded"], {"cap_won": "1"}, "cap_won"),
        (EVERY["swap"], {"swap_discount_won": ""}, "swap_discount_won"),
        (EVERY["swap"], {"running_bp": "50.01"}, "running_bp"),
        (EVERY["equity"], {"equity_bp": ""}, "equity_bp"),
    ],
)
def test_a_fault_stands_at_its_field(terms, change, field):
    template = template_of(terms)
    first = OptionForm(template=template, initial=initial_of(terms, "Any"))
    form = OptionForm(sent_by_a_browser(first) | change, template=template)
    assert not form.is_valid()
    assert field in form.errors
    assert "option" not in form.cleaned_data


def test_nothing_beyond_the_template_is_shown_where_nothing_is_said():
    form = OptionForm(template=Template.LUMP_SUM, initial=initial_of(Terms("lump_sum", upfront_won=5)))
    assert [field.name for field in form.visible_fields()] == ["title", "upfront_won"]
