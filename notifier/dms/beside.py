"""A process beside the import's own: the other core reads, cleans and predicts while this one writes.

What it runs are *steps*: a generator that, once begun, answers each message sent into it, and knows nothing of where it
runs. Messages and answers are plain values (numbers, text, tuples), for they go through a pipe. The process ends with
its pipe, so it outlives nobody who is killed; and where it is killed itself, its work is done here instead.
"""

from __future__ import annotations

import fcntl
import gc
import marshal
import os
import pickle
import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from importlib import import_module
from shutil import rmtree
from types import TracebackType
from typing import IO, Any, Self

__all__ = ["Assistant", "Beside", "Steps", "main"]

Steps = Generator[Any, Any, None]
_MAIN = "from notifier.dms.beside import main; main()"
_HEAD = struct.Struct("<cI")
_MESSAGE, _STEPS, _ERROR = b"m", b"s", b"e"
_PIPE = 1 << 20
"""Bytes. Room for two answers or so, and nobody waits for the other to read."""


class _Gone(Exception):
    """The process has ended."""


class Assistant:
    """The process. It inherits the open `files`, under the same numbers, and removes `folder` when its pipe is closed:
    who made it may have been killed."""

    def __init__(self, folder: str, files: Sequence[int]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (this Python, our own module)
            [sys.executable, "-W", "ignore", "-c", _MAIN, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=files,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for pipe in self._pipes():
            with suppress(OSError, AttributeError):  # a system without it has smaller pipes
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        for pipe in self._pipes():
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def send(self, kind: bytes, content: bytes) -> None:
        """Raises _Gone."""
        try:
            _write(self._pipes()[0], kind, content)
        except BrokenPipeError as error:
            raise _Gone from error

    def receive(self) -> Any:
        """The next answer; the error it ended with is raised here. Raises _Gone."""
        frame = _read(self._pipes()[1])
        if frame is None:
            raise _Gone
        kind, content = frame
        if kind == _ERROR:
            raise pickle.loads(content)  # noqa: S301 (what our own process has written)
        return marshal.loads(content)  # noqa: S302


class Beside:
    """Steps under way: in an assistant, or here where there is none (any longer).

    `steps` is the name of a function of a module, ``module:function``; its arguments are `given` and, as ``skip``, how
    many answers have been taken already. Each :meth:`ask` is answered by one :meth:`take`, in turn.
    """

    def __init__(self, assistant: Assistant | None, steps: str, *given: Any) -> None:
        self._assistant, self._name, self._given = assistant, steps, given
        self._open: deque[Any] = deque()
        self._taken = 0
        self._here: Steps | None = None
        if assistant is None:
            self._come_home()
        else:
            self._try(lambda: assistant.send(_STEPS, pickle.dumps((steps, given))))

    def ask(self, message: Any = None) -> None:
        """Ask for an answer, to be taken later."""
        self._open.append(message)
        if (assistant := self._assistant) is not None:
            self._try(lambda: assistant.send(_MESSAGE, marshal.dumps(message)))

    def take(self) -> Any:
        """The answer to the earliest message; None when the steps have come to their end."""
        answer = None
        if (assistant := self._assistant) is not None:
            answer = self._try(assistant.receive)
        if self._here is not None:
            answer = _answer(self._here, self._open[0])
        self._open.popleft()
        self._taken += 1
        return answer

    def end(self) -> None:
        """Take the answers that are still open, and forget them: the assistant is free for other steps."""
        while self._open:
            self.take()

    def _try(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except _Gone:
            self._come_home()

    def _come_home(self) -> None:
        self._assistant = None
        self._here = _begun(self._name, self._given, self._taken)


def _begun(name: str, given: Sequence[Any], taken: int) -> Steps:
    module, function = name.split(":")
    steps: Steps = getattr(import_module(module), function)(*given, skip=taken)
    next(steps)
    return steps


def _answer(steps: Steps, message: Any) -> Any:
    try:
        return steps.send(message)
    except StopIteration:
        return None


def main() -> None:
    """The assistant's life: steps and messages come in, answers go out, until the pipe is closed. argv: the folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the import's to hear; this process ends with it
    gc.disable()  # rows hold no cycles, and looking for some costs a tenth
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        with suppress(BrokenPipeError):
            _serve(sys.stdin.buffer, answers)
    finally:
        rmtree(sys.argv[1], ignore_errors=True)


def _serve(messages: IO[bytes], answers: IO[bytes]) -> None:
    steps: Steps | None = None
    while frame := _read(messages):
        kind, content = frame
        try:
            if kind == _STEPS:
                name, given = pickle.loads(content)  # noqa: S301 (what the import has written)
                steps = _begun(name, given, 0)
                continue
            assert steps is not None
            reply = _MESSAGE, marshal.dumps(_answer(steps, marshal.loads(content)))  # noqa: S302
        except Exception as error:  # noqa: BLE001 (raised again where somebody can hear it)
            reply = _ERROR, _packed(error)
        _write(answers, *reply)


def _packed(error: Exception) -> bytes:
    """What cannot travel is told by its words."""
    try:
        packed = pickle.dumps(error)
        pickle.loads(packed)  # noqa: S301
    except Exception:  # noqa: BLE001
        packed = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return packed


def _write(pipe: IO[bytes], kind: bytes, content: bytes) -> None:
    pipe.write(_HEAD.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def _read(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """None where the other side has ended, in the middle of a frame as well."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    content = pipe.read(length)
    return (kind, content) if len(content) == length else None
