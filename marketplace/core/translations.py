"""Message catalogues without the gettext tools: Babel reads the sources, keeps .po files and writes .mo files."""

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

LOCALES = ("ko", "zh_Hans")
NAMED = re.compile(r"%\(\w+\)|\{\w+\}")
KEYWORDS = {
    "gettext": None, "gettext_lazy": None, "gettext_noop": None, "_": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
HEADERS = (b'"Language:', b'"Plural-Forms:', b'"MIME-Version:', b'"Content-T')
SKIPPED = {".venv", ".local", "node_modules", "tests", "bench", "ops", "static", "migrations"}


def po_file(locale: str) -> Path:
    return Path(settings.BASE_DIR) / "locale" / locale / "LC_MESSAGES" / "django.po"


def sources() -> Iterator[tuple[str, str]]:
    """(path, text that an extractor reads) of every Python file and template of ours, in a fixed order."""
    root = Path(settings.BASE_DIR)
    for path in sorted([*root.glob("**/*.py"), *root.glob("templates/**/*.html"), *root.glob("templates/**/*.txt")]):
        name = path.relative_to(root)
        if SKIPPED & set(name.parts):
            continue
        text = path.read_text(encoding="utf-8")
        yield str(name), text if path.suffix == ".py" else templatize(text, origin=str(name))


def catalogue_of_sources() -> Catalog:
    """Every message id of ours, with the files it stands in."""
    found = Catalog(charset="utf-8")
    for name, text in sources():
        method = "python" if name.endswith(".py") else "javascript"
        options = {} if method == "python" else {"template_string": "false", "jsx": "false"}
        for _line, message, comments, context in extract(
            method, io.BytesIO(text.encode()), keywords=KEYWORDS, comment_tags=("Translators:",), options=options
        ):
            found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def read(locale: str) -> Catalog:
    path = po_file(locale)
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update() -> dict[str, int]:
    """Bring the .po files up to the sources. Gives, per locale, how many messages are still without a translation."""
    template = catalogue_of_sources()
    left = {}
    for locale in LOCALES:
        catalogue = read(locale)
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalogue.obsolete.clear()
        path = po_file(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.fuzzy = False
        whole = io.BytesIO()
        write_po(whole, catalogue, width=0, sort_output=True, no_location=True)
        path.write_bytes(_plain_header(whole.getvalue()))
        left[locale] = sum(not is_translated(message) for message in catalogue if message.id)
    return left


def _plain_header(text: bytes) -> bytes:
    """Only what gettext needs: dates and names of tools would change with every run."""
    head, _blank, rest = text.partition(b"\n\n")
    kept = [b'msgid ""', b'msgstr ""']
    kept += [line for line in head.splitlines() if line.startswith(HEADERS)]
    return b"\n".join(kept) + b"\n\n" + rest


def is_translated(message: Message) -> bool:
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(texts) and all(texts) and not message.fuzzy


def problems() -> list[str]:
    """What keeps a language from being complete: missing, fuzzy or unused messages, wrong placeholders."""
    template = catalogue_of_sources()
    wanted = {(message.id, message.context): message for message in template if message.id}
    found = []
    for locale in LOCALES:
        catalogue = read(locale)
        has = {(message.id, message.context): message for message in catalogue if message.id}
        for key in wanted:
            if key not in has or not is_translated(has[key]):
                found.append(f"{locale}: no translation of {key[0]!r}")
        found += [f"{locale}: not used any more: {key[0]!r}" for key in has if key not in wanted]
        for message, errors in catalogue.check():
            found += [f"{locale}: {message.id!r}: {error}" for error in errors]
        for message in has.values():
            if strange := names_in(message.string or "") - names_in(message.id):
                found.append(f"{locale}: {message.id!r}: the message has no {', '.join(sorted(strange))}")
    return found


def names_in(texts: str | Sequence[str]) -> set[str]:
    """The placeholders with a name. Babel compares those of messages that have one only."""
    return set(NAMED.findall(texts if isinstance(texts, str) else "\n".join(texts)))


def compile_all() -> list[Path]:
    """Write the .mo files beside the .po files where those are newer."""
    written = []
    for locale in LOCALES:
        source = po_file(locale)
        target = source.with_suffix(".mo")
        if not source.exists() or (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        whole = io.BytesIO()
        write_mo(whole, read(locale))
        temporary = target.with_suffix(".mo.new")
        temporary.write_bytes(whole.getvalue())
        temporary.replace(target)
        written.append(target)
    return written
