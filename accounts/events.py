"""What the floors above may hear. Sent inside the transaction; `sender` is the class of the first argument."""

from django.dispatch import Signal

membership_requested = Signal()  # membership: somebody asks to join; its organization's managers decide
membership_decided = Signal()  # membership, granted: the asker is told
membership_ended = Signal()  # membership, by: left, taken out or withdrawn
role_changed = Signal()  # membership, before, by
invited = Signal()  # invitation, user: the account with that address, or None
personal_data_requested = Signal()  # user: receivers return (name, what they keep about the person) for the download
