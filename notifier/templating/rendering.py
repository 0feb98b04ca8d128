"""From template and values to the text that goes out: body, then signature and way out as shop and gateway demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import jinja2
from jinja2 import nodes

from notifier.domain.segments import Segments, count_segments
from notifier.errors import TemplateError
from notifier.locale import N_
from notifier.templating.branches import words_for
from notifier.templating.fields import is_chinese
from notifier.templating.grammar import MissingValue, checked, compile_tree
from notifier.templating.invitations import invites_a_reply
from notifier.templating.parsing import Template
from notifier.templating.values import ShopFacts, Values

__all__ = [
    "GatewayLimits",
    "Preview",
    "Renderer",
    "as_billed",
    "compose",
    "preview",
    "raise_if_gateway_cannot",
    "way_out_words",
]

KINDS_WITH_WAY_OUT = frozenset({"marketing", "service"})
_BOTH_KINDS = {
    "zh": "{% if 通道.可回复 %}回复1预约{% else %}预约电话{{ 门店.电话 }}{% endif %}",
    "en": "{% if gateway.two_way %}Reply 1 to book{% else %}Call {{ shop.phone }} to book{% endif %}",
}
_ENDS_ZH = frozenset("。！？；，、….!?;,~～")


class GatewayLimits(Protocol):
    """What a text must know of its gateway: does it hear replies, and who writes the signature ("ours", "provider")."""

    @property
    def two_way(self) -> bool: ...

    @property
    def signature(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as the customer would read it, what it costs in segments, and in millionths of the currency."""

    text: str
    segments: Segments
    cost_micros: int


class Renderer:
    """Renders bodies; each wording is compiled once for each kind of gateway.

    Safe to share between threads: the worst case compiles twice.
    """

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, bool], jinja2.Template] = {}

    def render_body(self, template: Template, values: Values, *, two_way: bool) -> str:
        """The text without signature and way out. `two_way`: does the gateway hear replies?

        Raises MissingValue where a field has neither value nor fallback, TemplateError where nothing is left to say.
        """
        compiled = self._compiled.get((template.body, two_way))
        if compiled is None:
            compiled = self._compile(template, two_way)
        text = compiled.render(values).strip()
        if not text:
            raise TemplateError(
                N_("{file}: nothing is left of the text for this customer. Move some words out of the conditions."),
                file=template.origin,
            )
        return text

    def _compile(self, template: Template, two_way: bool) -> jinja2.Template:
        tree = checked(template.body, origin=template.origin, first_line=template.body_line).tree
        return self._compiled.setdefault((template.body, two_way), compile_tree(tree, two_way=two_way))


def way_out_words(
    kind: str, *, phone: str, language: str, capabilities: GatewayLimits, names_phone: bool = False
) -> str:
    """How the customer can stop these texts, in words; empty for transactional and safety texts, which have none.

    Where the gateway hears no replies it is the shop's phone, pointed at where the body names it already
    (`names_phone`): twice the same number would cost a second segment. Raises MissingValue where the phone is not set:
    a text without a way out must not leave.
    """
    if kind not in KINDS_WITH_WAY_OUT:
        return ""
    if capabilities.two_way:
        return "拒收请回复R" if is_chinese(language) else "Reply STOP to opt out"
    if not phone.strip():
        raise MissingValue("shop.phone")
    if names_phone:
        return "退订同号" if is_chinese(language) else "Opt out: same number"
    return f"退订电话{phone}" if is_chinese(language) else f"To opt out call {phone}"


def compose(body: str, *, signature: str, way_out: str, language: str, capabilities: GatewayLimits) -> str:
    """The whole text as handed to the gateway. `signature` without brackets; `way_out` from :func:`way_out_words`."""
    text = _with_way_out(body, way_out, language) if way_out else body
    if capabilities.signature != "ours" or not signature:
        return text
    return _signature_mark(signature, language) + text


def as_billed(text: str, *, signature: str, language: str, capabilities: GatewayLimits) -> str:
    """The text as it arrives and is billed: with the signature also where the provider writes it."""
    is_written_by_provider = capabilities.signature != "ours" and signature
    return _signature_mark(signature, language) + text if is_written_by_provider else text


def _signature_mark(signature: str, language: str) -> str:
    """【东南泉州】; in English `Dongnan: `, as 【】 makes a text dear, unless the signature does so anyway."""
    is_plain = not is_chinese(language) and not count_segments(signature).forcing
    return f"{signature}: " if is_plain else f"【{signature}】"


def _with_way_out(body: str, words: str, language: str) -> str:
    if is_chinese(language):
        joint = "" if body[-1:] in _ENDS_ZH else ","
        return f"{body}{joint}{words}"
    joint = " " if body.endswith((".", "!", "?", ";")) else ". "
    return f"{body}{joint}{words}"


def raise_if_gateway_cannot(template: Template, capabilities: GatewayLimits) -> None:
    """Refuse a text that asks for a reply where nobody would hear it.

    One that declares replies must keep its invitation inside `{% if gateway.two_way %}`.
    """
    if template.replies and not capabilities.two_way and not _knows_when_to_ask(template):
        raise TemplateError(
            N_(
                "{file}: the text asks for a reply ({digits}), and a one-way gateway hears none. "
                "Write the invitation for both kinds: {form}."
            ),
            file=template.origin,
            digits=", ".join(template.replies),
            form=_BOTH_KINDS["zh" if is_chinese(template.language) else "en"],
        )


def _knows_when_to_ask(template: Template) -> bool:
    known = checked(template.body, origin=template.origin, first_line=template.body_line)
    parts = words_for(known.tree, two_way=False).find_all(nodes.TemplateData)
    return bool(known.flags) and not invites_a_reply("\u0000".join(part.data for part in parts))


def preview(
    template: Template,
    values: Values,
    *,
    shop: ShopFacts,
    capabilities: GatewayLimits,
    price_micros: int = 0,
    renderer: Renderer | None = None,
) -> Preview:
    """The text for these values, its segments and its cost. `price_micros`: per segment, millionths of the currency.

    Raises what rendering raises.
    """
    language, signature = template.language, shop.signature
    body = (renderer or Renderer()).render_body(template, values, two_way=capabilities.two_way)
    words = way_out_words(
        template.kind,
        phone=shop.phone,
        language=language,
        capabilities=capabilities,
        names_phone=shop.phone in body,
    )
    text = compose(body, signature=signature, way_out=words, language=language, capabilities=capabilities)
    billed = as_billed(text, signature=signature, language=language, capabilities=capabilities)
    segments = count_segments(billed)
    return Preview(text, segments, segments.count * price_micros)
