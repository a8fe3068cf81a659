from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from taxonomy.enums import System
from taxonomy.numbers import ipc_code

if TYPE_CHECKING:
    from taxonomy.models import Code  # noqa: F401 -- named in QuerySet["Code"]


class CodeQuerySet(models.QuerySet["Code"]):
    def visible_to(self, user: Any) -> CodeQuerySet:
        """Classifications are public."""
        return self

    def offered(self) -> CodeQuerySet:
        """What may be chosen for something new. Abolished codes stay readable on what already carries them."""
        return self.filter(is_abolished=False)

    def at_level(self, system: str, level: str) -> CodeQuerySet:
        return self.filter(system=system, level=level)

    def of_current(self, revisions: dict[str, str]) -> CodeQuerySet:
        """Only rows of the given revision of each system (`queries.current_revisions()`)."""
        if not revisions:
            return self.none()
        return self.filter(reduce(or_, (Q(system=s, revision=r) for s, r in revisions.items())))

    def matching(self, text: str) -> CodeQuerySet:
        """Codes that start with `text`, or whose title in any language holds it."""
        word = text.strip()
        found = Q(code__istartswith=word)
        for field in ("title_ko", "title_en", "title_zh"):
            found |= Q(**{f"{field}__icontains": word})
        if symbol := ipc_code(word):
            found |= Q(system=System.IPC, code=symbol)
        return self.filter(found)

    def in_order(self) -> CodeQuerySet:
        return self.order_by("system", "revision", "sort_key", "pk")

    def for_list(self) -> CodeQuerySet:
        return self.select_related("parent").in_order()
