"""The real log for the length of a block; afterwards as it was before."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import structlog

from notifier.engines.log import configure_logging


@contextmanager
def configured_log(style: Literal["console", "json"], level: str = "info") -> Iterator[None]:
    """Logging as a daemon has it."""
    root = logging.getLogger()
    handlers, before, told = list(root.handlers), root.level, structlog.get_config()
    for handler in handlers:
        root.removeHandler(handler)
    try:
        configure_logging(style, level)
        yield
    finally:
        structlog.configure(**told)
        for handler in list(root.handlers):
            root.removeHandler(handler)
        for handler in handlers:
            root.addHandler(handler)
        root.setLevel(before)
        logging.getLogger("apscheduler").setLevel(logging.NOTSET)
