"""Fields of a text as staff read them: a short name for the chip, and words for conditions. No Jinja on the screen."""

from __future__ import annotations

from notifier.locale import _, current_language
from notifier.locale.text_fields import text_field_word
from notifier.templating import FIELDS, FLAGS, Field

__all__ = ["chip_fields", "chip_words", "field_example", "field_label", "field_title", "word_joint"]


def field_label(field: Field) -> str:
    """What stands on the chip; a field too new to have a short name is called by its own."""
    return text_field_word(field.name)


def field_example(field: Field) -> str:
    """A pleasant value in the reader's language."""
    return field.example[0 if current_language() == "zh-CN" else 1]


def field_title(field: Field) -> str:
    """Meaning, example and fallback, as said on hovering."""
    said = [_("{meaning}. Example: {example}").format(meaning=_(field.meaning), example=field_example(field))]
    if field.fallback:
        said.append(_("Where it is missing: {fallback}").format(fallback=_(field.fallback)))
    return "\n".join(said)


def word_joint() -> str:
    """What stands between two words: nothing in Chinese."""
    return "" if current_language() == "zh-CN" else " "


def chip_fields() -> dict[str, dict[str, object]]:
    """For the editor: each spelling of a field or flag, with its label and its words in a condition."""
    known: dict[str, dict[str, object]] = {}
    for field in FIELDS.values():
        label = field_label(field)
        known[field.name] = known[field.alias] = {
            "label": label,
            "title": field_title(field),
            "with": _("there is {field}").format(field=label),
            "without": _("there is no {field}").format(field=label),
        }
    for flag in FLAGS.values():
        known[flag.name] = known[flag.alias] = {
            "flag": True,
            "with": _("replies are heard"),
            "without": _("replies are not heard"),
        }
    return known


def chip_words() -> dict[str, str]:
    """For the editor: the words of what is no plain field."""
    return {
        "when": _("if {what}"),
        "or_when": _("or if {what}"),
        "otherwise": _("otherwise"),
        "end": _("end of if"),
        "about_condition": _("Not sent as it stands: it chooses which words are sent."),
        "and": _("and"),
        "or": _("or"),
        "joint": word_joint(),
        "with_default": _("{field}, or “{text}”"),
        "unknown": _("There is no field {name}."),
        "remark": _("remark"),
        "code": _("code"),
    }
