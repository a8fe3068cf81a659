"""What happens to applications, for apps above: each is sent inside the transaction that did it."""

from django.dispatch import Signal

call_published = Signal()
"""`call` is published, under `version`; `by`, `at`. Sent again when a later version of it is."""

application_selected = Signal()
"""`application` is selected for `government_won`; `by`, `at`. A receiver that finds no money raises
`registry.NoMoney`, one that finds that this firm may have none (more) `registry.FirmRefused`."""

selection_undone = Signal()
"""`application` was selected, and lapses or is withdrawn; `at`. Its money is free again."""

agreement_signed = Signal()
"""`agreement` is signed; `by`, `at`. Its sums are `government_won` and `own_won`."""
