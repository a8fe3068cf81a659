"""What happened here, for apps above this one. Sent inside the transaction that made it true."""

from django.dispatch import Signal

listings_publishing = Signal()  # listings: about to be published by hand; raise to refuse all of them
listings_published = Signal()  # listings, at: by hand, one or many
listing_changed = Signal()  # listing, by: a published one was edited
listing_withdrawn = Signal()  # listing, by
listing_submitted = Signal()  # listing, by: sent for registration
listing_returned = Signal()  # listing, by
listing_exempted = Signal()  # listing, by
listing_suspended = Signal()  # listing, by: off the market for a time; `listings_published` when it is back
listings_suspended = Signal()  # listing_ids, at: the same for many at once, by the clock
listing_closed = Signal()  # listing, by: for good, `listing.outcome` says how it ended
listings_written = Signal()  # listing_ids, at: an import or a confirmation made or left these public, all at once
confidential_text_shown = Signal()  # listing, by, at, by_program: to the holder's own staff, in a form or the API
listing_meanings_made = Signal()  # listing_ids
