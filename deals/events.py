"""What happens to contracts, for apps above: each is sent inside the transaction that did it."""

from django.dispatch import Signal

contract_signed = Signal()
"""`contract` is in force, under `version`; `at` the moment. Its days are `signed_on`, `starts_on` and `ends_on`."""

contract_amended = Signal()
"""`version` is in force in place of `before`, from its day `holds_from` on; `contract` and `at` as above."""

contract_ended = Signal()
"""`contract` is over: `ended_on` was its last day, `end_reason` says why; `at` as above."""
