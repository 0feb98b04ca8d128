"""Imports all of Notifier once, then forks a child for every command it is told over its socket.

The child has the command's working folder, environment and streams and runs `python -m notifier.cli` as Python does.
It ends as Python ends (threads awaited, exit functions run, what was left open told by its warning, streams flushed),
but does not take apart the modules it has from its parent, which takes longer than most commands. The parent holds no
thread, no database and no connection but the one to its tests, and serves one command after the other.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import socket
import sys
import threading
from importlib import import_module
from pkgutil import walk_packages
from runpy import run_module
from typing import Any, NoReturn

from sqlalchemy.orm import configure_mappers

import notifier
from notifier.cli import app
from notifier.templating import TemplateFolder
from tests.support.prepared_cli import ROOT

USED_LATER = ("alembic.command", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg")
"""What we or a library import when it is first used."""
CONSOLE = "notifier.web.console"
"""Takes as long to import as all the rest; whoever serves it imports it."""


def prepare() -> None:
    """Import every module a command could import, but the console; map the tables; parse the templates that come with
    Notifier; build the table of commands, which knows no language yet.

    What a template's text says is kept by that text (notifier/templating/parsing.py), in a daemon too.
    """
    for module in walk_packages(notifier.__path__, "notifier."):
        if not module.name.endswith(".__main__") and not module.name.startswith(CONSOLE):
            import_module(module.name)
    for name in USED_LATER:
        import_module(name)
    configure_mappers()
    app.command()
    TemplateFolder(ROOT / "templates" / "sms").load_all()


def serve(connection: socket.socket) -> None:
    """Run what is asked, one after the other, until the tests close their end."""
    asked = connection.makefile("r", encoding="ascii")
    while True:
        mark, files, _flags, _address = socket.recv_fds(connection, 1, 2)
        if not mark:
            return
        command = json.loads(asked.readline())
        child = os.fork()
        if not child:
            asked.close()
            connection.close()
            become(command, files)
        for file in files:
            os.close(file)
        _answer(connection, child)
        _answer(connection, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def become(command: dict[str, Any], files: list[int]) -> NoReturn:
    """This process is the command from now on; `files`: its stdout and stderr. `module`: notifier.cli if left out."""
    for standard, file in enumerate(files, start=1):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    sys.path[0] = command["folder"]
    sys.argv = ["notifier", *command["words"]]
    end(_run(command.get("module", "notifier.cli")))


def _run(module: str) -> int:
    try:
        run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            return ended.code
        raise
    return 0


def end(code: int) -> NoReturn:
    """What Python does at the end of a process, in its order."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _answer(connection: socket.socket, number: int) -> None:
    connection.sendall(f"{number}\n".encode("ascii"))


if __name__ == "__main__":
    prepare()
    if threading.active_count() > 1:
        raise RuntimeError(threading.enumerate())
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as tests:
        serve(tests)
