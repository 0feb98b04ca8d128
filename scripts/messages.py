"""Keeps notifier/locale in step with the sentences of the code. English is the source and needs no catalogue.

    python scripts/messages.py                  take in new sentences, drop those that are gone, compile
    python scripts/messages.py --missing        the untranslated sentences, as JSON for a translator
    python scripts/messages.py --merge ZH.json  take translations, {"English sentence": "中文"}, then as above
    python scripts/messages.py --check          say what is missing or wrong, change nothing (make check)

A plural pair is known by its first form; Chinese has one form for every number. Files are sorted by sentence and carry
no dates and no line numbers, so a diff shows only what changed.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import string
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = "zh_CN"
MARKS: Mapping[str, int] = {"_": 1, "N_": 1, "ngettext": 2}  # how many forms of the sentence each is given
HEADERS = (
    ("Project-Id-Version", "notifier"),
    ("Language", LOCALE),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
    ("Plural-Forms", "nplurals=1; plural=0;"),
)
COMMENT = "# The sentences of Notifier in Chinese. Written by scripts/messages.py; edit the msgstr lines only."

Sentence = str | tuple[str, str]  # one sentence, or the two forms of a plural


@dataclass(frozen=True, slots=True)
class Translation:
    """One entry of the catalogue; `words` is empty where nobody has translated it yet."""

    words: str
    is_fuzzy: bool = False


class _Catalogue(Catalog):
    """Babel's catalogue without the dates and versions it would write into each file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return list(HEADERS)


def key_of(sentence: Sentence) -> str:
    """How JSON files name a sentence: a plural by its first form."""
    return sentence if isinstance(sentence, str) else sentence[0]


def sentences_of(package: Path) -> set[Sentence]:
    """Every sentence marked in the code below `package`.

    Read from the syntax tree: Babel's own extraction misses a mark inside another call, as in ``_(known or N_("…"))``.
    """
    found = (_marked(call) for _file, call in _calls(package))
    return {sentence for sentence in found if sentence}


def unmarked_sentences(package: Path) -> Iterator[str]:
    """Sentences the extraction cannot see: given to an error without N_, or put together inside a mark."""
    errors = set(_error_names(package / "errors.py"))
    for file, call in _calls(package):
        name = _name_of(call)
        is_bare = name in errors and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        is_assembled = name in MARKS and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        if is_bare or is_assembled:
            yield f"{file.relative_to(package.parent)}, line {call.lineno}"


def _calls(package: Path) -> Iterator[tuple[Path, ast.Call]]:
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        yield from ((file, node) for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _marked(call: ast.Call) -> Sentence | None:
    forms = [each.value for each in call.args[: MARKS.get(_name_of(call), 0)] if isinstance(each, ast.Constant)]
    texts = [form for form in forms if isinstance(form, str)]
    return (texts[0], texts[1]) if len(texts) == 2 else texts[0] if texts else None


def _error_names(file: Path) -> Iterator[str]:
    if file.exists():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        yield from (node.name for node in tree.body if isinstance(node, ast.ClassDef))


def read(po: Path) -> dict[Sentence, Translation]:
    """The catalogue as it stands in the file; empty where there is none yet."""
    if not po.exists():
        return {}
    with po.open("rb") as file:
        catalogue = read_po(file, locale=LOCALE, abort_invalid=True)
    return {
        _sentence(message.id): Translation(str(_forms(message.string)[0]), message.fuzzy)
        for message in catalogue
        if message.id
    }


def _forms(words: Any) -> Any:
    """The forms of a sentence; a plain one has one."""
    return (words,) if isinstance(words, str) else words


def _sentence(found: Any) -> Sentence:
    """A sentence as Babel gives it: one text, or a sequence of which the first two are the plural's forms."""
    return found if isinstance(found, str) else (found[0], found[1])


def as_files(translations: Mapping[Sentence, Translation]) -> tuple[bytes, bytes]:
    """The .po and the .mo of these translations; the same input always gives the same bytes."""
    catalogue = _Catalogue(locale=LOCALE, header_comment=COMMENT, fuzzy=False)
    for sentence, translation in translations.items():
        words = translation.words if isinstance(sentence, str) else (translation.words,)
        catalogue.add(sentence, words, flags=["fuzzy"] if translation.is_fuzzy else [])
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalogue, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    write_mo(mo, catalogue)
    return po.getvalue(), mo.getvalue()


def placeholders(text: str) -> set[str]:
    """The fields of a sentence as they are written, format included: {count:,} is not {count}."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return set(re.findall(r"\{[^}]*\}", text))
    return {
        f"{{{name}{f'!{how}' if how else ''}{f':{form}' if form else ''}}}" for _t, name, form, how in parts if name
    }


def fields_differ(sentence: Sentence, words: str) -> bool:
    """Does the translation lack a field, or have one the sentence does not have?"""
    forms = (sentence,) if isinstance(sentence, str) else sentence
    return placeholders(words) != set().union(*map(placeholders, forms))


def faults(root: Path) -> Iterator[str]:
    """Every fault of the catalogue, one line each."""
    package, folder = root / "notifier", catalogue_folder(root)
    wanted = sentences_of(package)
    try:
        known = read(folder / "notifier.po")
    except PoFileError as error:
        yield f"unreadable: {error}"
        return
    yield from (f"not marked as a whole sentence: {place}" for place in unmarked_sentences(package))
    rules: tuple[tuple[str, Callable[[Sentence], bool]], ...] = (
        ("missing", lambda each: each in wanted and (each not in known or not known[each].words)),
        ("obsolete", lambda each: each not in wanted),
        ("fuzzy", lambda each: each in known and known[each].is_fuzzy),
        (
            "other fields",
            lambda each: bool(each in known and known[each].words) and fields_differ(each, known[each].words),
        ),
    )
    for fault, is_so in rules:
        yield from (f"{fault}: {key_of(each)!r}" for each in sorted(wanted | set(known), key=key_of) if is_so(each))
    for name, content in zip(("notifier.po", "notifier.mo"), as_files(known), strict=True):
        file = folder / name
        if not file.exists() or file.read_bytes() != content:
            yield f"{file.relative_to(root)} is not what the catalogue compiles to"


def catalogue_folder(root: Path) -> Path:
    """Where the files lie that gettext reads."""
    return root / "notifier" / "locale" / LOCALE / "LC_MESSAGES"


def missing(root: Path) -> dict[str, str]:
    """The sentences nobody has translated yet, ready to be filled in."""
    known = read(catalogue_folder(root) / "notifier.po")
    untold = (each for each in sentences_of(root / "notifier") if each not in known or not known[each].words)
    return dict.fromkeys(sorted(map(key_of, untold)), "")


def update(root: Path, told: Mapping[str, str]) -> list[str]:
    """Bring the files in step with the code, with the translations of `told` put in. Returns those nobody asked for."""
    folder = catalogue_folder(root)
    wanted, known = sentences_of(root / "notifier"), read(folder / "notifier.po")
    kept: dict[Sentence, Translation] = {}
    for sentence in wanted:
        words = told.get(key_of(sentence))
        kept[sentence] = Translation(words) if words else known.get(sentence, Translation(""))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(("notifier.po", "notifier.mo"), as_files(kept), strict=True):
        (folder / name).write_bytes(content)
    return sorted(set(told) - {key_of(sentence) for sentence in wanted})


def check(root: Path) -> int:
    """Print the faults; 1 where there are any."""
    found = list(faults(root))
    for fault in found:
        print(fault)
    if found:
        print(f"\n{len(found)} to mend. scripts/messages.py takes in what changed, --missing lists what to translate.")
    return 1 if found else 0


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="say what is missing or wrong, change nothing")
    what.add_argument("--missing", action="store_true", help="print the untranslated sentences as JSON")
    what.add_argument("--merge", type=Path, metavar="FILE", help="take the translations of this JSON file")
    wanted = parser.parse_args()
    if wanted.check:
        return check(wanted.root)
    if wanted.missing:
        print(json.dumps(missing(wanted.root), ensure_ascii=False, indent=1))
        return 0
    told = json.loads(wanted.merge.read_text(encoding="utf-8")) if wanted.merge else {}
    for sentence in update(wanted.root, told):
        print(f"not in the code, left out: {sentence!r}", file=sys.stderr)
    print(f"{len(missing(wanted.root))} sentences are not translated yet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
