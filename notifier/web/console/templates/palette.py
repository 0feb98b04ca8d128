"""The field palette: what a text can say about this customer, to be clicked into it."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from notifier.jobs.wording_check import ALWAYS_PROVIDED, provided_by
from notifier.locale import _
from notifier.templating import FIELDS, Field
from notifier.web.console.templates.chip_editor import ChipEditor
from notifier.web.console.templates.field_words import field_example, field_label, field_title
from notifier.web.console.templates.sheet import Sheet

__all__ = ["palette"]

COMMON = ("customer", "vehicle", "shop")
"""What nearly every text names, in this order."""


def palette(sheet: Sheet, editor: ChipEditor) -> None:
    """What the campaigns of this wording fill stands first, and what belongs to them alone before all else."""
    provided = ALWAYS_PROVIDED.union(*map(provided_by, sheet.bench.campaigns))
    own = [field for field in FIELDS.values() if field.provided_by in provided - ALWAYS_PROVIDED]
    common = [field for group in COMMON for field in FIELDS.values() if field.provided_by == group]
    rare = [field for field in FIELDS.values() if field.provided_by in ALWAYS_PROVIDED.difference(COMMON)]
    others = [field for field in FIELDS.values() if field.provided_by not in provided]
    with ui.element("section").classes("card wording-palette"):
        with ui.element("h2"):
            ui.label(_("Fields"))
        ui.label(_("Click one and it stands where the caret is; each customer gets their own value.")).classes("quiet")
        _fields([*own, *common], sheet, editor)
        _conditions(sheet, editor)
        for title, fields in (
            (_("More fields, where the records hold them"), rare),
            (
                _("Fields the campaigns of this text cannot fill")
                if sheet.bench.campaigns
                else _("Fields only some campaigns can fill"),
                others,
            ),
        ):
            if fields:
                with ui.expansion(title).props("dense dense-toggle").classes("wording-more"):
                    _fields(fields, sheet, editor)


def _fields(fields: Sequence[Field], sheet: Sheet, editor: ChipEditor) -> None:
    with ui.element("div").classes("palette-fields"):
        for field in fields:
            with ui.element("button").classes("palette-field").props('type="button"') as button:
                button.props["title"] = field_title(field)
                button.props["disabled"] = sheet.is_readonly
                ui.label(field_label(field)).classes("chip-editor-chip is-field")
                ui.label(field_example(field)).classes("quiet small ellipsis")
            button.on("click", lambda _event, spelling=_spelling(field, sheet): editor.insert(spelling))


def _spelling(field: Field, sheet: Sheet) -> str:
    """As the file's own language writes it."""
    return f"{{{{ {field.alias if sheet.language.startswith('zh') else field.name} }}}}"


def _conditions(sheet: Sheet, editor: ChipEditor) -> None:
    """The one choice shops need: another ending where nobody hears replies."""
    zh = sheet.language.startswith("zh")
    flag = "通道.可回复" if zh else "gateway.two_way"
    phone = "门店.电话" if zh else "shop.phone"
    ask, call = ("回复1预约", "预约电话") if zh else ("Reply 1 to book", "Call ")
    text = f"{{% if {flag} %}}{ask}{{% else %}}{call}{{{{ {phone} }}}}{{% endif %}}"
    start = text.index(ask)
    with ui.element("button").classes("palette-field is-wide").props('type="button"') as button:
        button.props["disabled"] = sheet.is_readonly
        ui.label(_("if replies are heard … otherwise …")).classes("chip-editor-chip is-condition")
        ui.label(_("asks for a reply where one is heard, else names the phone")).classes("quiet small")
    button.on("click", lambda: editor.insert(text, choose=(start, start + len(ask))))
