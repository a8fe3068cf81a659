"""A form and the service behind it."""

from collections.abc import Callable
from typing import Any

from django import forms

from marketplace.core.errors import Conflict, DomainError, NotAllowed


def do(form: forms.BaseForm, service: Callable[..., Any], **given: Any) -> Any:
    """What the service returns; a refusal that the person can mend becomes a form error and None.

    Raises `Conflict` and `NotAllowed` of the service: no other words in the form would help.
    """
    try:
        return service(**given)
    except (Conflict, NotAllowed):
        raise
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None
