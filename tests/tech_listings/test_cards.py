from django.utils.safestring import mark_safe
from django.utils.translation import override

from tech_listings.cards import card, reason_text
from tech_listings.search.reasons import Reason
from tests.factories.tech_listings import ListingFactory

BAD = "<script>alert('1')</script> & \"co\""
GOOD = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;co&quot;"


def test_nothing_that_was_typed_is_markup(db):
    listing = ListingFactory(title_ko=BAD, value_ko=BAD, keywords=[BAD])
    listing.holder.name = BAD
    shown = card(listing, ((BAD, True), (BAD, False)), Reason(field=BAD, parts=((BAD, True),)))
    assert "<script" not in shown
    assert f"<mark>{GOOD}</mark>{GOOD}</a>" in shown
    assert shown.count(GOOD) == 6
    assert GOOD in card(listing, why=BAD)
    assert "<p>new</p>" in card(listing, why=mark_safe("<p>new</p>"))


def test_it_says_what_is_known_and_leaves_out_what_is_not(db):
    listing = ListingFactory(title_ko="수소 저장", title_en="Hydrogen storage", trl=None, price_won=0, keywords=[])
    with override("en"):
        shown = card(listing)
    assert "Hydrogen storage</a>" in shown
    assert "Free of charge" in shown
    assert "TRL" not in shown
    assert "listing-card-why" not in shown
    assert "listing-card-tags" not in shown


def test_a_reason_tells_the_field_and_how_alike_it_is():
    assert reason_text(Reason(field="Summary", similarity=41)) == '<span class="reason-field">Summary 41%</span>'
    assert reason_text(Reason(field="IPC", parts=(("H01M", True),))).endswith(
        '<span class="reason-text"><mark>H01M</mark></span>'
    )
