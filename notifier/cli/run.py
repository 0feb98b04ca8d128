"""`notifier run`, the daemon of one machine; `notifier worker` and `notifier web`, the parts of a cluster."""

from __future__ import annotations

import typer

__all__ = ["run_command", "web_command", "worker_command"]


def run_command() -> None:
    """Engine and web under one command; SIGTERM finishes what is in flight."""
    from notifier.config import load_settings
    from notifier.wiring import run_daemon

    raise typer.Exit(run_daemon(load_settings()))


def worker_command() -> None:
    """One of any number of workers on a PostgreSQL database; SIGTERM finishes what is in flight."""
    from notifier.config import load_settings
    from notifier.wiring import run_worker

    raise typer.Exit(run_worker(load_settings()))


def web_command() -> None:
    """Webhooks, short links and health alone."""
    from notifier.config import load_settings
    from notifier.wiring import run_web

    raise typer.Exit(run_web(load_settings()))
