from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tech_listings.services.ingest_copy import array

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['"', "\\", '","', "{}", "NULL", "a,b", " ", "'"]
)


@given(st.lists(texts, max_size=6))
def test_an_array_literal_holds_any_texts(values):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array(values)])
        assert cursor.fetchone() == (values,)
