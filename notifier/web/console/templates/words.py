"""Wordings in words: a source as somebody reads it who has never seen one, and the words of states and kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from notifier.locale import N_, _
from notifier.schedules import Campaign
from notifier.templating import FIELDS, REPLY_MEANINGS, field_named, flag_named
from notifier.templating.sources import FrontMatter, front_of, parts_of
from notifier.web.console.templates.field_words import field_label, word_joint

__all__ = [
    "KIND_TITLES", "LANGUAGE_NAMES", "in_words", "language_name", "mend_words", "plain_sentence", "reply_word",
    "words_of_source",
]  # fmt: skip

LANGUAGE_NAMES: Mapping[str, str] = {"zh-CN": "中文", "zh": "中文", "zh-TW": "繁體中文", "en": "English"}
"""Each in its own tongue, as people look for it."""

KIND_TITLES: Mapping[str, str] = {
    "service": N_("Service reminder"),
    "marketing": N_("Marketing text"),
    "transactional": N_("Answer to a request"),
    "safety": N_("Safety notice"),
}

_STRETCH = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_FIELD = re.compile(r"[-+]?\s*([\w.]+)\s*(?:\|\s*default\s*\(\s*(?:\"([^\"]*)\"|'([^']*)')\s*\)\s*)?[-+]?")
_IF = re.compile(r"[-+]?\s*(if|elif)\s+(.+?)\s*[-+]?", re.DOTALL)
_SPELLING = re.compile("|".join(re.escape(each) for field in FIELDS.values() for each in (field.name, field.alias)))
_REPLIES_KEY = re.compile(r"\breplies\b", re.ASCII)
"""The key of the file, for which the form has words."""
_JOINT = re.compile(r"\s+(and|or)\s+")


def language_name(language: str) -> str:
    """中文 for zh-CN; a language without a name as it is."""
    return LANGUAGE_NAMES.get(language, language)


def reply_word(digit: str, meaning: str) -> str:
    """1 = the customer wants an appointment."""
    said = _(REPLY_MEANINGS[meaning]) if meaning in REPLY_MEANINGS else meaning
    return _("{digit} = {meaning}").format(digit=digit, meaning=said)


def in_words(body: str) -> str:
    """The words with 〔plate〕 where a field stands and with conditions in plain language."""
    return _STRETCH.sub(lambda found: f"〔{_stretch(found[0])}〕", body)


def mend_words(mend: str) -> str:
    """What is offered in the place of something wrong: 〔plate〕 for a field, else as it is."""
    field = field_named(mend)
    return f"〔{field_label(field)}〕" if field else in_words(mend)


def plain_sentence(sentence: str, campaigns: Sequence[Campaign] = ()) -> str:
    """What a check says, without code: fields by their chips' names, campaigns by their titles."""
    said = in_words(sentence)
    titles = {campaign.key: campaign.title for campaign in campaigns}
    if titles:  # one key may begin like another: birthday, birthday_2
        keys = "|".join(re.escape(key) for key in sorted(titles, key=len, reverse=True))
        said = re.sub(keys, lambda found: titles[found[0]], said)
    said = _REPLIES_KEY.sub(_("“What a reply means”"), said)
    return _SPELLING.sub(lambda found: mend_words(found[0]), said)


def words_of_source(source: str) -> tuple[str, str]:
    """A whole file in words: what the form says, a line each, and the text; for comparing two of them."""
    return "\n".join(_front_lines(front_of(source))), in_words(parts_of(source).body)


def _front_lines(front: FrontMatter) -> list[str]:
    lines = [_("Title: {title}").format(title=front.title)]
    lines.append(_("Kind: {kind}").format(kind=_(KIND_TITLES.get(front.kind, front.kind))))
    lines += [_("Reply {word}").format(word=reply_word(*each)) for each in front.replies.items()]
    lines += [_("Provider code {name}: {code}").format(name=name, code=code) for name, code in front.provider.items()]
    if front.note:
        lines.append(_("Note: {note}").format(note=front.note))
    return lines


def _stretch(token: str) -> str:
    inner = token[2:-2].strip()
    if token.startswith("{#"):
        return _("remark")
    if token.startswith("{%"):
        return _statement(inner.strip("-+ "))
    found = _FIELD.fullmatch(inner)
    field = field_named(found[1]) if found else None
    if found is None:
        return _("code")
    if field is None:
        return found[1]
    instead = found[2] or found[3]
    if instead is None:
        return field_label(field)
    return _("{field}, or “{text}”").format(field=field_label(field), text=instead)


def _statement(inner: str) -> str:
    if inner == "else":
        return _("otherwise")
    if inner == "endif":
        return _("end of if")
    found = _IF.fullmatch(inner)
    if not found:
        return _("code")
    parts = _JOINT.split(found[2])
    said = word_joint().join(_(part) if part in ("and", "or") else _condition(part) for part in parts)
    return (_("if {what}") if found[1] == "if" else _("or if {what}")).format(what=said)


def _condition(part: str) -> str:
    name = part.removeprefix("not ").strip()
    is_not = name != part
    if flag_named(name):
        return _("replies are not heard") if is_not else _("replies are heard")
    field = field_named(name)
    if field is None:
        return name
    return (_("there is no {field}") if is_not else _("there is {field}")).format(field=field_label(field))
