"""API tokens: made, used, revoked. Only the SHA-256 of a token is stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Secret, User
from marketplace.core.errors import Conflict, DomainError, NotAllowed

PREFIX = "ieum_"
MOST_TOKENS = 20
LONGEST_DAYS = 366
# Writing the last use on every request would make each read a write.
LAST_USE_GRAIN = timedelta(minutes=5)


class TooManyTokens(Conflict):
    code = "too_many_tokens"


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def create_token(*, name: str, days: int, second_factor: bool, by: User, at: datetime) -> tuple[ApiToken, str]:
    """A token of `by` that ends after `days`, and its text, which is shown once and cannot be had again.

    `second_factor`: whether the session that asks has used one; officers' programs need such a token.
    """
    User.objects.select_for_update().get(pk=by.pk)
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError(_("A token lasts between 1 and %(most)d days.") % {"most": LONGEST_DAYS}, field="days")
    if ApiToken.objects.filter(user=by).usable(at).count() >= MOST_TOKENS:
        raise TooManyTokens(_("You have %(most)d tokens. Revoke one you no longer use.") % {"most": MOST_TOKENS})
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=by,
        name=name,
        digest=digest_of(text),
        hint=text[: len(PREFIX) + 3],
        second_factor=second_factor,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    return token, text


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User, at: datetime) -> None:
    """End it now. Revoking twice keeps the first time."""
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.user_id != by.pk:
        raise NotAllowed(_("This token belongs to somebody else."))
    if locked.revoked_at is None:
        locked.revoked_at = at
        locked.save(update_fields=["revoked_at"])


def find_token(*, text: str, at: datetime) -> ApiToken | None:
    """The usable token with this text; notes its use, to five minutes."""
    token = ApiToken.objects.usable(at).select_related("user").filter(digest=digest_of(text)).first()
    if token:
        note_use(token, at=at)
    return token


def note_use(secret: Secret, *, at: datetime) -> None:
    """That it was used, to five minutes: reads stay reads."""
    if secret.last_used_at is None or at - secret.last_used_at > LAST_USE_GRAIN:
        type(secret)._base_manager.filter(pk=secret.pk).update(last_used_at=at)
