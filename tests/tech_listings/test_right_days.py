"""The days of a right, on the page and by the API alike: a slip in the year is said at its field."""

import pytest

from tech_listings.api.serializers import RightIn
from tech_listings.forms import RightForm

RIGHT = {"kind": "patent", "country": "KR", "application_number": "10-2023-0123456", "status": "applied"}


@pytest.mark.parametrize("name", ["application_on", "registration_on", "expires_on"])
@pytest.mark.parametrize("day", ["0202-01-01", "9999-12-31"])
def test_a_slip_in_the_year_of_a_right(name, day):
    form, body = RightForm(RIGHT | {name: day}), RightIn(data=RIGHT | {name: day})
    assert not form.is_valid()
    assert not body.is_valid()
    assert set(form.errors) == set(body.errors) == {name}
