"""An officer says which words mean the same. One change at a time, and each counts at the next search."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy
from tech_listings.enums import SYNONYM_WORD_MAX
from tech_listings.models import SynonymGroup
from tech_listings.models.search import SYNONYM_LOCK
from tech_listings.search.synonyms import changed_after_commit, word_key

FEWEST, MOST = 2, 20


class WordsRefused(DomainError):
    """Too few or too many words, or one that cannot be asked for."""

    code = "words_refused"


class WordTaken(DomainError):
    """The word stands in another group that is in use; `group` is that group."""

    code = "word_taken"

    def __init__(self, word: str, group: SynonymGroup) -> None:
        self.group = group
        message = _("“%(word)s” already stands in the group “%(group)s”. Add the other words there, or switch it off.")
        super().__init__(message % {"word": word, "group": str(group)}, field="words")


class ComesWithTheProduct(Conflict):
    code = "comes_with_the_product"


@transaction.atomic
def create_group(*, words: Sequence[str], note: str = "", by: User, at: datetime) -> SynonymGroup:
    """A group in use of these words, as they are typed. Raises `WordsRefused`, `WordTaken`, `NotAllowed`."""
    take_turn(by=by)
    chosen = clean_words(words)
    keys = [word_key(word) for word in chosen]
    refuse_taken(words=chosen, keys=keys)
    group = SynonymGroup.objects.create(words=chosen, keys=keys, note=tidy(note), changed_by=by, changed_at=at)
    changed_after_commit()
    return group


@transaction.atomic
def edit_group(
    *,
    group: SynonymGroup,
    words: Sequence[str] | None = None,
    note: str | None = None,
    in_use: bool | None = None,
    seen_revision: int | None,
    by: User,
    at: datetime,
) -> SynonymGroup:
    """Change what is given, or switch the group on or off. What is unchanged makes no version.

    Raises `ChangedMeanwhile` where the revision is no longer `seen_revision` (None: whatever it is), and what
    `create_group` raises.
    """
    locked = _locked(group, by, seen_revision)
    before = (locked.words, locked.note, locked.is_active)
    if words is not None:
        locked.words = clean_words(words)
        locked.keys = [word_key(word) for word in locked.words]
    if note is not None:
        locked.note = tidy(note)
    if in_use is not None:
        locked.is_active = in_use
    if before == (locked.words, locked.note, locked.is_active):
        return locked
    if locked.is_active:
        refuse_taken(words=locked.words, keys=locked.keys, beside=locked)
    return _saved(locked, by, at)


@transaction.atomic
def delete_group(*, group: SynonymGroup, by: User, at: datetime) -> None:
    """Take a group away that an office made; its history stays.

    Raises `ComesWithTheProduct` for one of the product: loading would bring it back, so it is switched off instead.
    """
    locked = _locked(group, by, None)
    if locked.reference:
        raise ComesWithTheProduct(
            _("This group came with the product. Switch it off instead: then loading does not bring it back.")
        )
    _saved(locked, by, at)  # so that the history says who deleted it
    locked.delete()


def take_turn(*, by: User | None) -> None:
    """Wait for one's turn to change synonyms, until the transaction ends. Raises `NotAllowed` for who may not."""
    if by is not None and not organizations_with(by, Permission.EDIT_SYNONYMS):
        raise NotAllowed(_("Only managers and staff of a government office may change synonyms."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SYNONYM_LOCK])


def clean_words(words: Iterable[str]) -> list[str]:
    """The words as they are kept: composed, without spaces around, each once. Raises `WordsRefused`."""
    kept: dict[str, str] = {}
    for word in (" ".join(tidy(given).split()) for given in words):
        if not word:
            continue
        key = word_key(word)
        if not key:
            raise WordsRefused(_("“%(word)s” has neither letters nor digits.") % {"word": word[:60]}, field="words")
        if len(word) > SYNONYM_WORD_MAX:
            raise WordsRefused(
                _("“%(word)s…” is too long: a word has at most %(most)s characters.")
                % {"word": word[:20], "most": SYNONYM_WORD_MAX},
                field="words",
            )
        kept.setdefault(key, word)
    if len(kept) < FEWEST:
        raise WordsRefused(
            _("At least two different words are needed. Capitals, spaces and plurals make no difference."),
            field="words",
        )
    if len(kept) > MOST:
        raise WordsRefused(
            _("At most %(most)s words, these are %(many)s.") % {"most": MOST, "many": len(kept)}, field="words"
        )
    return list(kept.values())


def refuse_taken(*, words: Sequence[str], keys: Sequence[str], beside: SynonymGroup | None = None) -> None:
    """Raise `WordTaken` where one of the words stands in another active group."""
    others = SynonymGroup.objects.active().filter(keys__overlap=list(keys)).order_by("pk")
    if beside is not None:
        others = others.exclude(pk=beside.pk)
    if (other := others.first()) is not None:
        word = next(word for word, key in zip(words, keys, strict=True) if key in other.keys)
        raise WordTaken(word, other)


def _locked(group: SynonymGroup, by: User, seen_revision: int | None) -> SynonymGroup:
    take_turn(by=by)
    locked = SynonymGroup.objects.select_for_update(of=["self"]).filter(pk=group.pk).first()
    if locked is None:
        raise ChangedMeanwhile(_("Somebody deleted this group meanwhile."))
    if seen_revision is not None and locked.revision != seen_revision:
        raise ChangedMeanwhile(
            _("Somebody saved this group after you opened it. Compare with the newest version, then save again.")
        )
    return locked


def _saved(group: SynonymGroup, by: User, at: datetime) -> SynonymGroup:
    group.revision += 1
    group.changed_by, group.changed_at = by, at
    group.save()
    changed_after_commit()
    return group
