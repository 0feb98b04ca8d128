"""Help pages and usage errors in the reader's language: Typer's own are English only.

Commands and options carry their help untranslated (marked with N_); it is put into words when a page is shown.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from notifier.locale import _
from notifier.locale.wrapping import wrapped

__all__ = ["Command", "Group", "usage_sentences"]

WIDEST, NARROWEST = 100, 40
LONGEST_NAME = 34


def page_width() -> int:
    """As wide as the terminal, where there is one; a line of more than a hundred signs is hard to read."""
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((WIDEST, 24)).columns))


def usage_sentences(error: Exception) -> Iterator[str]:
    """What is wrong with a command line, how it is written, and where that is explained."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        yield from _page(context)
        return
    yield _sentence(error)
    if context is not None:
        yield from wrapped(_("Usage: {usage}").format(usage=_usage(context)), page_width())
        yield _("{command} --help explains it.").format(command=context.command_path)


def _sentence(error: Exception) -> str:
    kind, param = type(error).__name__, getattr(error, "param", None)
    if kind == "MissingParameter" and param is not None:
        return _("{name} is missing.").format(name=_name(param))
    if kind == "NoSuchOption":
        return _("There is no option {name} here.").format(name=getattr(error, "option_name", ""))
    if kind == "BadOptionUsage":
        return _("The option {name} needs a value, or takes none.").format(name=getattr(error, "option_name", ""))
    message = error.message if isinstance(error, TyperException) else str(error)
    if kind == "BadParameter" and param is not None:
        return f"{_name(param)}: {message}"
    if message.startswith("Got unexpected extra argument"):
        return _("There is a word too much: {words}.").format(words=message.rpartition("(")[2].rstrip(")"))
    return message or _("A command is missing.")


def _name(param: Any) -> str:
    return str(param.metavar or param.name.upper()) if param.param_type_name == "argument" else str(param.opts[0])


class _Helpful:
    """Pages made of our own words."""

    help: str | None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, what it does, and every argument, option and command in one line each."""
        formatter.write("\n".join(_page(ctx)) + "\n")

    def get_short_help_str(self, limit: int = 200) -> str:
        """The first sentence of the help, in the reader's language."""
        del limit
        return _(self.help or "").partition("\n")[0]


class Command(_Helpful, TyperCommand):
    """One command."""


class Group(_Helpful, TyperGroup):
    """A group of commands."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order they were added: the order of the work."""
        del ctx
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """An unknown command is refused with the nearest known one."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], list(self.commands), n=1)
            if near:
                ctx.fail(_("There is no command {name}; did you mean {nearest}?").format(name=args[0], nearest=near[0]))
            ctx.fail(_("There is no command {name}.").format(name=args[0]))
        return super().resolve_command(ctx, args)


def _page(ctx: Any) -> Iterator[str]:
    command, width = ctx.command, page_width()
    yield from wrapped(_("Usage: {usage}").format(usage=_usage(ctx)), width)
    if command.help:
        yield ""
        for paragraph in _(command.help).split("\n"):
            yield from wrapped(paragraph, width)
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
    yield from _section(_("Arguments"), [(_name(param), _(param.help or "")) for param in arguments], width)
    yield from _section(_("Options"), [(_spelled(param), _(param.help or "")) for param in options], width)
    if isinstance(command, Group):
        listed = [(name, each.get_short_help_str()) for name, each in command.commands.items() if not each.hidden]
        yield from _section(_("Commands"), listed, width)
        yield ""
        yield from wrapped(_("{command} COMMAND --help explains each.").format(command=ctx.command_path), width)


def _usage(ctx: Any) -> str:
    command = ctx.command
    arguments = [
        _name(param) if param.required else f"[{_name(param)}]"
        for param in command.params
        if param.param_type_name == "argument"
    ]
    if isinstance(command, Group):
        arguments.append("COMMAND")
    has_options = any(param.param_type_name == "option" and param.name != "help" for param in command.params)
    return " ".join([ctx.command_path, *arguments, *([_("[options]")] if has_options else [])])


def _spelled(param: Any) -> str:
    names = ", ".join(param.opts)
    return names if param.is_flag else f"{names} {param.metavar or param.name.upper()}"


def _section(title: str, rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"{title}:"
    column = min(LONGEST_NAME, width // 3, max(cell_len(name) for name, _help in rows)) + 4
    for name, words in rows:
        start = f"  {name}"
        if cell_len(start) + 2 > column:
            yield from wrapped(name, width, "  ", "    ")
            start = ""
        yield from wrapped(words, width, start + " " * (column - cell_len(start)), " " * column)
