from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st

from tech_listings.services.ingest_copy import array, copy_rows

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['"', "\\", '","', "{}", "NULL", "a,b", " ", "'"]
)


@given(st.lists(texts, max_size=6))
def test_an_array_literal_holds_any_texts(values):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array(values)])
        assert cursor.fetchone() == (values,)


cells = texts | st.text(st.sampled_from("\t\n\r\\N a'\","), max_size=8) | st.none()


@given(st.lists(st.tuples(cells, cells, st.integers(0, 9) | st.none()), max_size=4))
def test_rows_arrive_as_they_are(rows):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS copied (n serial, a text, b text, c int)")
        cursor.execute("DELETE FROM copied")
    copy_rows(_Copied, ("a", "b", "c"), rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT a, b, c FROM copied ORDER BY n")
        assert cursor.fetchall() == rows


class _Copied(models.Model):
    """A table of the test alone."""

    a, b, c = models.TextField(), models.TextField(), models.IntegerField()

    class Meta:
        app_label, db_table, managed = "tests", "copied", False

    def __str__(self):
        return self.a
