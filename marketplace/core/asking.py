"""A form and the service behind it."""

from collections.abc import Callable
from typing import Any

from django import forms

from marketplace.core.errors import Conflict, DomainError, NotAllowed


def do(form: forms.BaseForm, service: Callable[..., Any], /, **given: Any) -> Any:
    """What the service returns; a refusal that the person can mend becomes a form error and None.

    `form.stands_at` names the field of the form for what the service calls otherwise.

    Raises `NotAllowed` of the service, and `Conflict` unless it names a field of the form: no other words in the form
    would help.
    """
    try:
        return service(**given)
    except NotAllowed:
        raise
    except DomainError as error:
        field = getattr(form, "stands_at", {}).get(error.field, error.field)
        if isinstance(error, Conflict) and field not in form.fields:
            raise
        form.add_error(field if field in form.fields else None, str(error))
        return None
