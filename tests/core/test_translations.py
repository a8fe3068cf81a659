from marketplace.core.translations import names_in, problems


def test_names_of_placeholders_are_read_from_all_forms():
    assert names_in(("%(many)s row", "%(many)s rows of {name}, 100 %")) == {"%(many)", "{name}"}
    assert names_in("5 % of 100") == set()


def test_no_language_lacks_anything():
    assert problems() == []
