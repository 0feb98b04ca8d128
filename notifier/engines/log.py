"""One log for every process: structured, in UTC, on stderr, and without personal data.

Nothing personal is handed to the log in the first place; the last processor masks what slips through all the same,
in an exception's words for instance.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog
from structlog.types import Processor

__all__ = ["configure_logging", "mask_personal_data"]

MASK = "…"
PERSONAL_KEYS = frozenset(("body", "customer_name", "payload", "phone", "phone_key", "plate", "sender", "text", "to"))
SMALLEST_PHONE = 1_000_000_000
_INTERNATIONAL = r"\+\d[\d ().-]{5,}\d"
_GROUPED = r"(?<!\d)\(?\d{3,4}\)?[ -]\d{3,4}[ -]?\d{3,4}(?!\d)"
_RUN = r"\d{7,}"
_PHONE = re.compile(f"{_INTERNATIONAL}|{_GROUPED}|{_RUN}")
# PostgreSQL tells with an error which values it is about, "Key (name)=(赵敏) already exists": in its own language.
_DATABASE_DETAIL = re.compile(r"(?m)^(DETAIL|描述|详细信息)\s*[:：].*$")
# 2026-03-10 12:00:00.000001 and the like are no phones, though they look like grouped digits here and there.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")


def configure_logging(style: Literal["console", "json"] = "console", level: str = "info") -> None:
    """Log from here on to stderr: `style` console for people, json for machines; `level` and what is worse.

    Other libraries' loggers (uvicorn, apscheduler) join from warning on.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_personal_data,
    ]
    renderer = _renderer(style)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # A planning that takes longer than a minute is waited for, not worth a warning each minute.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # What these have to say of a database that is away is said once, by the engine.
    for name in ("procrastinate", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _renderer(style: str) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def mask_personal_data(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask whatever looks like a phone, in every value however deep, and drop what stands under a personal key."""
    stamp, worker = event.pop("timestamp", None), event.pop("worker", None)  # a machine's name may be many digits
    masked = {key: _masked(key, value) for key, value in event.items()}
    event.clear()
    event.update(masked)
    if worker is not None:
        event["worker"] = worker
    if stamp is not None:
        event["timestamp"] = stamp
    return event


def _masked(key: str, value: Any) -> Any:
    if key in PERSONAL_KEYS and value is not None:
        return MASK
    if isinstance(value, Mapping):
        return {_harmless(str(inner)): _masked(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item) for item in value]
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < SMALLEST_PHONE):
        return value
    return _harmless(str(value))


def _harmless(text: str) -> str:
    text = _DATABASE_DETAIL.sub(rf"\1: {MASK}", text)
    parts: list[str] = []
    end = 0
    for moment in _TIME.finditer(text):
        parts += (_PHONE.sub(MASK, text[end : moment.start()]), moment.group())
        end = moment.end()
    return "".join((*parts, _PHONE.sub(MASK, text[end:])))
