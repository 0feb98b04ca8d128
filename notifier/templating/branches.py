"""One text for both kinds of gateway: `{% if gateway.two_way %}` is decided when a wording is compiled.

So a rendering costs nothing more, and whoever looks at a wording sees exactly what one kind of gateway will send.
"""

from __future__ import annotations

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from notifier.templating.fields import Flag, flag_named

__all__ = ["flag_of", "is_decided_by_gateway", "spelling_of", "words_for"]


def spelling_of(node: nodes.Node) -> str:
    """`customer.name` for the node of that field; empty for every other node."""
    is_dotted = isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name)
    return f"{node.node.name}.{node.attr}" if is_dotted else ""  # type: ignore[attr-defined]  # is_dotted says so


def flag_of(node: nodes.Node) -> Flag | None:
    """The flag this node names, under either of its names."""
    return flag_named(spelling_of(node))


def is_decided_by_gateway(condition: nodes.Node) -> bool:
    """Does the gateway alone decide this condition, whoever the customer is?"""
    return _truth(condition, two_way=True) is not None and _truth(condition, two_way=False) is not None


def words_for(tree: nodes.Template, *, two_way: bool) -> nodes.Template:
    """The same tree, changed in place to what stands in it on one kind of gateway."""
    chosen: nodes.Template = _Choice(two_way).visit(tree)
    return chosen


def _truth(condition: nodes.Node, *, two_way: bool) -> bool | None:
    """True or False where the gateway decides, None where the customer's values do."""
    if isinstance(condition, nodes.Not):
        inner = _truth(condition.node, two_way=two_way)
        return None if inner is None else not inner
    if isinstance(condition, nodes.And | nodes.Or):
        sides = {_truth(condition.left, two_way=two_way), _truth(condition.right, two_way=two_way)}
        decisive = isinstance(condition, nodes.Or)
        if decisive in sides:
            return decisive
        return None if None in sides else not decisive
    return two_way if flag_of(condition) else None


class _Choice(NodeTransformer):
    """Keeps the branches one kind of gateway can take, and puts true or false where a flag is left."""

    def __init__(self, two_way: bool) -> None:
        self.two_way = two_way

    def visit_If(self, node: nodes.If) -> nodes.Node | list[nodes.Node]:  # noqa: N802 - Jinja calls it by this name
        otherwise: list[nodes.Node] = node.else_
        if node.elif_:
            first, *later = node.elif_
            otherwise = [nodes.If(first.test, first.body, later, node.else_, lineno=first.lineno)]
        truth = _truth(node.test, two_way=self.two_way)
        if truth is not None:
            return self._visited(node.body if truth else otherwise)
        test = self.visit(node.test)
        return nodes.If(test, self._visited(node.body), [], self._visited(otherwise), lineno=node.lineno)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - Jinja calls it by this name
        return nodes.Const(self.two_way, lineno=node.lineno) if flag_of(node) else node

    def _visited(self, found: list[nodes.Node]) -> list[nodes.Node]:
        return [kept for node in found for kept in self.visit_list(node)]
