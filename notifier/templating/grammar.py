"""What a template may contain, checked on Jinja's syntax tree: fields, a few filters, `{% if … %}`. Nothing else.

The check is the first fence and the sandbox the second. Checked trees are rewritten so that `customer.salutation` (or
`客户.称呼`) becomes one plain variable: rendering then costs no attribute lookup and no nested dictionary per customer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from notifier.errors import TemplateError
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.templating.branches import flag_of, is_decided_by_gateway, spelling_of, words_for
from notifier.templating.fields import FIELDS, Field, field_named, nearest, nearest_field

__all__ = ["ALLOWED_FILTERS", "Checked", "MissingValue", "checked", "compile_marked", "compile_tree", "pieces"]

ALL_FIELDS = Mend(N_("docs/templates.md lists them all."), N_("The template's page lists all fields."), "templates")
ALLOWED_FILTERS = ("default", "lower", "trim", "upper")
DEEPEST = 12  # Python compiles what is nested 200 deep, and Jinja takes seconds for 100; a text needs two or three
LONGEST_BODY = 1600  # characters a provider takes (facts/providers.md); a longer source is no SMS


class MissingValue(TemplateError):
    """This customer has no value for a field that has no fallback: skip the customer and count it."""

    code = "missing_value"

    def __init__(self, field: str) -> None:
        super().__init__(
            N_(
                "There is no value for {field}, and it has no fallback. "
                "Complete the record, or give the field a default in the template."
            ),
            field=field,
        )
        self.field = field


class _NoValue(jinja2.StrictUndefined):
    """A field without a value: false in `{% if %}`, filled by `default(...)`, refused wherever it would be printed."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # strict ones are declared never to return
        return False

    def __str__(self) -> str:  # type: ignore[override]
        variable = self._undefined_name or ""
        name = next((field.name for field in FIELDS.values() if field.variable == variable), variable)
        raise MissingValue(name)


def _sandbox() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=_NoValue, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = {name: environment.filters[name] for name in ALLOWED_FILTERS}
    return environment


_ENVIRONMENT = _sandbox()


@dataclass(frozen=True, slots=True)
class Checked:
    """A body known to be harmless: its tree, the names of its fields, of those it cannot do without, and of its flags.

    A field inside `{% if %}`, with a `default(...)` or with a fallback of its own is not required; a condition on the
    gateway alone gives no customer a way round.
    """

    tree: nodes.Template
    fields: frozenset[str]
    required: frozenset[str]
    flags: frozenset[str]


def checked(body: str, *, origin: str, first_line: int = 1) -> Checked:
    """Check `body`, which starts on `first_line` of the file `origin`.

    Raises TemplateError, with file and line, for an unknown field and whatever else does not belong into a text.
    """
    tree = _parsed(body, origin, first_line)
    check = _Check(origin, first_line)
    check.template(tree)
    required = frozenset(name for name in check.required if not FIELDS[name].fallback)
    return Checked(tree, frozenset(check.fields), required, frozenset(check.flags))


def _parsed(body: str, origin: str, first_line: int) -> nodes.Template:
    if len(body) > LONGEST_BODY:
        raise TemplateError(
            N_("{file}, line {line}: the text has {length} characters; an SMS takes at most {limit}. Shorten it."),
            file=origin,
            line=first_line,
            length=len(body),
            limit=LONGEST_BODY,
        )
    try:
        return _ENVIRONMENT.parse(body)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(
            N_(
                "{file}, line {line}: this cannot be read ({detail}). "
                "A field is written {example}, a condition {condition}."
            ),
            file=origin,
            line=first_line + error.lineno - 1,
            detail=error.message or "?",
            example="{{ customer.salutation }}",
            condition="{% if coupon.code %} … {% endif %}",
        ) from error
    except RecursionError as error:
        raise TemplateError(
            N_("{file}, line {line}: this is nested too deeply to be a text. Use plain fields."),
            file=origin,
            line=first_line,
        ) from error


def pieces(body: str) -> list[tuple[int, str, str]]:
    """The tokens of a body: (offset, Jinja's word for its kind, text); white space Jinja drops is in none of them.

    Raises jinja2.TemplateSyntaxError where there is no making sense of it.
    """
    found, at = [], 0
    for _line, kind, text in _ENVIRONMENT.lex(body):
        at = body.index(text, at)
        found.append((at, kind, text))
        at += len(text)
    return found


def compile_marked(body: str, *, two_way: bool) -> jinja2.Template:
    """A body that was checked before somebody put marks between its pieces, however long these make it."""
    return compile_tree(_ENVIRONMENT.parse(body), two_way=two_way)


def compile_tree(tree: nodes.Template, *, two_way: bool) -> jinja2.Template:
    """A checked tree, ready to render from values keyed by `Field.variable` for one kind of gateway."""
    return _ENVIRONMENT.from_string(_ToVariables().visit(words_for(tree, two_way=two_way)))


class _ToVariables(NodeTransformer):
    """Puts one plain variable where a field stands."""

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Name:  # noqa: N802 - Jinja calls it by this name
        field = field_named(spelling_of(node))
        if field is None:
            raise AssertionError(node)
        return nodes.Name(field.variable, "load", lineno=node.lineno)


def _can_be_sent(fallback: object) -> bool:
    """Whether a fallback is words: "\\ud800" and "\\x00" in quotes are characters that no database takes."""
    is_text = isinstance(fallback, str) and fallback.strip()
    return bool(is_text) and not any(unicodedata.category(char) in ("Cc", "Cs") for char in str(fallback))


class _Check:
    """Walks a tree and refuses, with file and line, the first thing that does not belong into a text."""

    def __init__(self, origin: str, first_line: int) -> None:
        self.origin = origin
        self.first_line = first_line
        self.fields: set[str] = set()
        self.required: set[str] = set()
        self.flags: set[str] = set()
        self._ifs = 0
        self._depth = 0

    def template(self, tree: nodes.Template) -> None:
        for node in tree.body:
            self.statement(node)

    @contextmanager
    def deeper(self, node: nodes.Node) -> Iterator[None]:
        """Inside one more pair of something. Refuses what no text needs, before anybody spends seconds on it."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.error(N_("{file}, line {line}: this is nested too deeply to be a text. Use plain fields."),
                       line=node.lineno)  # fmt: skip
        yield
        self._depth -= 1

    def statement(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                self.text(part) if isinstance(part, nodes.TemplateData) else self.printed(part)
        elif isinstance(node, nodes.If):
            self.condition(node.test)
            depth = 0 if is_decided_by_gateway(node.test) else 1
            self._ifs += depth
            with self.deeper(node):
                for inner in (*node.body, *node.elif_, *node.else_):
                    self.statement(inner)
            self._ifs -= depth
        else:
            self.refuse(node)

    def text(self, node: nodes.TemplateData) -> None:
        for mark in ("{{", "}}", "{%", "%}", "{#", "#}"):
            if mark in node.data:
                line = node.lineno + node.data[: node.data.index(mark)].count("\n")
                self.error(
                    N_("{file}, line {line}: {mark} stands alone and would be sent as it is. Complete or remove it."),
                    line=line,
                    mark=mark,
                )

    def printed(self, node: nodes.Node, *, has_default: bool = False) -> None:
        if isinstance(node, nodes.Filter) and node.node is not None:
            self.filter(node)
            with self.deeper(node):
                self.printed(node.node, has_default=has_default or node.name == "default")
            return
        field = self.field(node)
        if not (has_default or self._ifs):
            self.required.add(field.name)

    def condition(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Not):
            with self.deeper(node):
                self.condition(node.node)
        elif isinstance(node, nodes.And | nodes.Or):
            with self.deeper(node):
                self.condition(node.left)
                self.condition(node.right)
        elif flag := flag_of(node):
            self.flags.add(flag.name)
        else:
            self.field(node)

    def field(self, node: nodes.Node) -> Field:
        if isinstance(node, nodes.Name):
            self.unknown_field(node.name, node.lineno)
        if not (isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name)):
            self.refuse(node)
        spelling = spelling_of(node)
        if flag_of(node):
            self.printed_flag(spelling, node.lineno)
        field = field_named(spelling) or self.unknown_field(spelling, node.lineno)
        self.fields.add(field.name)
        return field

    def filter(self, node: nodes.Filter) -> None:
        if node.name not in ALLOWED_FILTERS:
            self.error(
                N_("{file}, line {line}: the filter {name} is not known. Nearest: {nearest}. Allowed: {known}."),
                line=node.lineno,
                name=node.name,
                nearest=nearest(node.name, ALLOWED_FILTERS),
                known=", ".join(ALLOWED_FILTERS),
            )
        values = [arg.value if isinstance(arg, nodes.Const) else None for arg in node.args]
        wanted = 1 if node.name == "default" else 0
        is_plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if not is_plain or len(values) != wanted or not all(map(_can_be_sent, values)):
            self.error(
                N_("{file}, line {line}: {name} is written {form}."),
                line=node.lineno,
                name=node.name,
                form='default("…")' if wanted else f"| {node.name}",
            )

    def printed_flag(self, spelling: str, line: int) -> NoReturn:
        self.error(
            N_("{file}, line {line}: {flag} has no words of its own. Use it in a condition: {condition}."),
            line=line,
            flag=spelling,
            condition=f"{{% if {spelling} %}} … {{% else %}} … {{% endif %}}",
        )

    def unknown_field(self, spelling: str, line: int) -> NoReturn:
        self.error(
            N_("{file}, line {line}: there is no field {field}. Nearest: {nearest}."),
            mend=ALL_FIELDS,
            line=line,
            field=spelling,
            nearest=nearest_field(spelling),
        )

    def refuse(self, node: nodes.Node) -> NoReturn:
        self.error(
            N_(
                "{file}, line {line}: only fields ({example}), the filters {known} and {condition} may stand in a text."
            ),
            line=node.lineno,
            example="{{ customer.salutation }}",
            known=", ".join(ALLOWED_FILTERS),
            condition="{% if coupon.code %}",
        )

    def error(self, sentence: str, *, line: int, **values: object) -> NoReturn:
        raise TemplateError(sentence, file=self.origin, line=self.first_line + line - 1, **values)
