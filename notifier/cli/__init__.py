"""The command line: one module a command group. Commands open the house, call one job and show what it did.

Heavy modules are imported inside the commands, so that `notifier --help` answers at once.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence

from notifier import crashpoints
from notifier.cli.tongue import language_of_cli
from notifier.errors import DATABASE_SILENT, UNEXPECTED, ImportBrokenOff, NotifierError
from notifier.locale import _, use_language
from notifier.locale.system import system_words

__all__ = ["execute", "main"]

DONE, REFUSED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """The console script: runs one command and ends the process with its code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115  open for as long as we run
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a terminal without Chinese ends no command
    code = execute(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        _silence_stdout()
    except OSError as error:
        lost = _say_output_is_lost(error)
        code = code or lost
    sys.exit(code)


def _silence_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_output_is_lost(error: OSError) -> int:
    _silence_stdout()
    print(_("The output cannot be written ({detail}).").format(detail=system_words(error)), file=sys.stderr)
    return REFUSED


def execute(arguments: Sequence[str]) -> int:
    """One command: 0 done, 1 refused with a sentence, 2 wrong usage. Never raises."""
    crashpoints.arm(os.environ)
    use_language(language_of_cli(os.environ))
    from typer import Abort
    from typer.exceptions import TyperException

    from notifier.cli.app import command

    try:
        return int(command()(list(arguments)) or DONE)
    except NotifierError as error:
        return _say_why(error, arguments)
    except TyperException as error:
        return _explain_usage(error)
    except (KeyboardInterrupt, Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return DONE
    except Exception as error:  # noqa: BLE001 — whatever it is, a person gets a sentence and the log the places
        return _apologise(error, arguments)


def _say_why(error: NotifierError, arguments: Sequence[str]) -> int:
    if isinstance(error, ImportBrokenOff):
        return _refuse_and_log(error.__cause__ or error, str(error), arguments)
    return _refuse(error.code, str(error), arguments)


def _refuse(code: str, sentence: str, arguments: Sequence[str]) -> int:
    if _wants_json(arguments):
        print(json.dumps({"error": {"code": code, "sentence": sentence}}, ensure_ascii=False, indent=2))
    print(sentence, file=sys.stderr)
    return REFUSED


def _wants_json(arguments: Sequence[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return "--json" in arguments or "--format=json" in arguments or ("--format", "json") in pairs


def _explain_usage(error: Exception) -> int:
    from notifier.cli.usage import usage_sentences

    for sentence in usage_sentences(error):
        print(sentence, file=sys.stderr)
    return WRONG_USAGE


def _apologise(error: Exception, arguments: Sequence[str]) -> int:
    """Name the kind of error and the places in the code; its text may hold a customer's data and is left out."""
    from notifier.store.trouble import is_database_trouble, trouble_words

    if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
        return _say_output_is_lost(error)
    is_silent = is_database_trouble(error) and not isinstance(error, OSError)
    detail = trouble_words(error) if is_silent else type(error).__name__
    return _refuse_and_log(error, _(DATABASE_SILENT if is_silent else UNEXPECTED).format(detail=detail), arguments)


def _refuse_and_log(error: BaseException, sentence: str, arguments: Sequence[str]) -> int:
    import structlog

    code = _refuse("unexpected", sentence, arguments)
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    from notifier.engines.log import configure_logging

    configure_logging()
    structlog.get_logger(__name__).error("unexpected", error=type(error).__name__, places=places)
    return code
