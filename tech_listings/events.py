"""What happened here, for apps above this one. Sent inside the transaction that made it true."""

from django.dispatch import Signal

listing_published = Signal()  # listing
listing_withdrawn = Signal()  # listing, by
listing_meanings_made = Signal()  # listing_ids
