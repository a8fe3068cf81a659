"""“All of the words” and “any of the words”: the switch goes over what is typed, also over AND."""

from tests.factories.tech_listings import ListingFactory

LIST = "/technologies/"


def test_who_typed_and_can_switch_to_any_and_back(client):
    ListingFactory(title_ko="수소 저장")
    typed = {"q": "수소 AND 없는말"}

    strict = client.get(LIST, typed)
    assert strict.context["page"].paginator.count == 0
    assert [(value, current) for value, _label, current in strict.context["matches"]] == [("any", False), ("", True)]
    way = next(chip for chip in strict.context["looser"] if chip.label == "Any of the words instead of all")
    loose = client.get(f"{LIST}{way.href}")

    assert loose.context["page"].paginator.count == 1
    assert [(value, current) for value, _label, current in loose.context["matches"]] == [("any", True), ("", False)]


def test_the_usual_way_has_no_value_in_the_address(client):
    ListingFactory(title_ko="수소 저장")
    page = client.get(LIST, {"q": "수소 없는말"})
    assert [(value, current) for value, _label, current in page.context["matches"]] == [("", True), ("all", False)]


def test_an_and_within_a_pasted_text_is_no_switch(client):
    ListingFactory(title_ko="수소 저장")
    text = f"수소 AND 없는말 {'다른말 ' * 100}"
    page = client.get(LIST, {"q": text})
    assert [(value, current) for value, _label, current in page.context["matches"]] == [("", True), ("all", False)]
