"""What search reads: one document per listing, its meaning, the words that occur, and synonyms."""

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, HnswIndex, SparseVectorField

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import SYNONYM_WORD_MAX
from tech_listings.models.listing import Listing
from tech_listings.querysets import SynonymGroupQuerySet

TERM_IDS = 1 << 29
"""Term ids are hashes below this: the dimensions of the sparse vectors (design.md §4)."""

MEANING_DIMENSIONS = 512


class WeightsField(SparseVectorField):
    """A sparse vector over all terms; takes the literal of PostgreSQL, which is cheaper to make than the object."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"dimensions": TERM_IDS})

    def get_prep_value(self, value: Any) -> str | None:
        return value if isinstance(value, str) else super().get_prep_value(value)


class ListingDocument(models.Model):
    """What is searched for a listing: its terms, made by `tech_listings.search` in the listing's own transaction.

    Apart from the listing, so that rebuilding it for a new analyser writes neither the listing nor its history.
    `terms` says in which documents to look (GIN), `weights` is the document's half of BM25 of the same terms.
    `analyser` tells with which version they were made; rows of an older one are made anew in the background.
    `is_public` follows the state of the listing by a trigger of the listing, in the transaction that changes it: a
    question to all technologies then reads this table alone.
    """

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, primary_key=True, related_name="document")
    terms = SearchVectorField()
    weights = WeightsField()
    length = models.PositiveIntegerField()
    is_public = models.BooleanField(default=False)
    analyser = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [
            GinIndex(fields=["terms"], name="document_terms"),
            models.Index(fields=["analyser"], name="document_analyser"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.length}"


class ListingMeaning(models.Model):
    """The vector of meaning of a listing, made by a worker after the listing was written.

    `due_at` says that it has to be made (anew) and since when: what is due is the backlog. An older vector serves
    until then. `model` is the version of the encoder, 0 where there is no vector yet. `by_hand`: somebody waits for
    this one, so it goes before those of an import.
    """

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, primary_key=True, related_name="meaning")
    vector = HalfVectorField(dimensions=MEANING_DIMENSIONS, null=True, blank=True)
    model = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    by_hand = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="meaning_has_vector_of_a_model",
                condition=Q(vector__isnull=True, model=0) | Q(vector__isnull=False, model__gt=0),
            ),
            models.CheckConstraint(
                name="meaning_made_or_due", condition=Q(vector__isnull=False) | Q(due_at__isnull=False)
            ),
        ]
        indexes = [
            HnswIndex(
                name="meaning_near", fields=["vector"], m=16, ef_construction=64, opclasses=["halfvec_cosine_ops"]
            ),
            models.Index(fields=["-by_hand", "due_at"], name="meaning_in_turn", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.model}"


class SearchTerm(models.Model):
    """In how many published documents a term of the index occurs. `id` is the term's place in the sparse vectors.

    Refreshed by a task; readers see the old figures until the new ones are committed.
    """

    id = models.PositiveIntegerField(primary_key=True)
    documents = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.id}: {self.documents}"


class SearchWord(models.Model):
    """A word or keyword as people write it, for suggestions and “did you mean”. Only from what is published.

    `letters` are its Hangul letters one by one (`수소` → `ㅅㅜㅅㅗ`), so that what is half typed finds it, `initials`
    the first ones of its syllables, `keys` the keys they are typed with. `seen_in` are the newest published listings
    that had it: it is shown only while one of them still has it, so that nothing withdrawn is told between refreshes.
    """

    word = models.CharField(max_length=60, unique=True)
    letters = models.CharField(max_length=200)
    initials = models.CharField(max_length=200, default="")
    keys = models.CharField(max_length=200, default="")
    documents = models.PositiveIntegerField()
    seen_in = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [
            models.Index(OpClass(F("letters"), name="text_pattern_ops"), name="word_letters"),
            models.Index(OpClass(F("initials"), name="text_pattern_ops"), name="word_initials"),
            # After one syllable thousands of words go on: then it is quicker to walk down the most frequent ones.
            models.Index(F("documents").desc(), F("word"), name="word_most_first"),
            GinIndex(OpClass(F("keys"), name="gin_trgm_ops"), name="word_like"),
        ]

    def __str__(self) -> str:
        return self.word


class SearchState(models.Model):
    """One row: what the figures of the search were made from, and how far a rebuild has come."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    documents = models.PositiveIntegerField(default=0)
    terms_at = models.DateTimeField(null=True, blank=True)
    rebuild_from = models.PositiveBigIntegerField(null=True, blank=True)
    words_at = models.DateTimeField(null=True, blank=True)
    words_of = models.CharField(max_length=120, default="", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="search_state_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"{self.documents} documents"


SYNONYM_LOCK = 20_261_126
"""Advisory lock: synonyms change one at a time. The number only has to be ours."""


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class SynonymGroup(PublicId, TimeStamped):
    """Words of one field that mean the same, in any language: a query for one also asks for the others.

    Data an officer edits; used on the side of the query only, so that a change counts at once. `keys` are the words
    as they are compared (`tech_listings.search.synonyms.word_key`), in the order of `words`. `reference` names a group
    that came with the product: it is switched off and not deleted, so that loading again does not bring it back.
    """

    words = ArrayField(models.CharField(max_length=SYNONYM_WORD_MAX), verbose_name=_("Words"))
    keys = ArrayField(models.TextField(), editable=False)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    is_active = models.BooleanField(_("In use"), default=True)
    reference = models.CharField(max_length=60, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    objects = SynonymGroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="synonyms_are_several", condition=Q(words__len__gte=2, words__len__lte=20)),
            models.CheckConstraint(name="synonyms_have_keys", condition=Q(keys__len=F("words__len"))),
            models.UniqueConstraint(
                fields=["reference"], name="synonyms_of_reference_once", condition=~Q(reference="")
            ),
        ]
        indexes = [GinIndex(fields=["keys"], name="synonym_keys")]
        triggers = [
            # The lock first: two inserts at once would not see each other's rows.
            pgtrigger.Trigger(
                name="word_in_one_group",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__is_active=True),
                func=f"""
                    PERFORM pg_advisory_xact_lock({SYNONYM_LOCK});
                    IF EXISTS (
                        SELECT 1 FROM tech_listings_synonymgroup other
                        WHERE other.is_active AND other.id <> NEW.id AND other.keys && NEW.keys
                    ) THEN
                        RAISE EXCEPTION 'a word stands in one active group of synonyms only'
                            USING ERRCODE = 'unique_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return " = ".join(self.words)
