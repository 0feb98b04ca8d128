"""The table of commands, in the order of the work. Help is marked here and translated when it is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import typer

from notifier.cli import (
    complaints,
    database,
    demo,
    doctor,
    explain,
    imports,
    inbox,
    pauses,
    plan,
    report,
    reviews,
    run,
    schedules,
    send,
    status,
    sync,
    templates,
    unknowns,
    users,
)
from notifier.cli.usage import Command, Group
from notifier.locale import N_

__all__ = ["command"]

ORDER = (
    "doctor", "demo", "import", "sync", "plan", "send", "reconcile", "attribute", "report", "explain", "templates",
    "schedules", "runs", "campaigns", "complaints", "unknown", "run", "worker", "web", "users", "status", "pause",
    "resume", "db",
)  # fmt: skip
"""As the help lists them; Typer would put every group behind the plain commands."""

ABOUT = N_("Keeps a car dealership in touch with its customers by SMS, and says honestly what that was worth.")


@cache
def command() -> Callable[[list[str]], Any]:
    """The whole command line: takes the words after `notifier`, gives the exit code (None = done)."""
    built: Any = typer.main.get_command(_app())
    built.commands = {name: built.commands[name] for name in ORDER if name in built.commands}
    return lambda arguments: built.main(args=arguments, prog_name="notifier", standalone_mode=False)


def _app() -> typer.Typer:
    app = _group(ABOUT)
    _add(app, "doctor", doctor.doctor_command, N_("Is everything set up? One line a check, with the mend."))
    _add(app, "demo", demo.demo_command, N_("Two months of a made-up shop in under a minute, ending in the report."))
    imported = _nest(app, "import", N_("Take over a table of the DMS; twice without harm."))
    _add(imported, "customers", imports.customers_command, N_("Customers and cars: one row a vehicle with its owner."))
    _add(imported, "visits", imports.visits_command, N_("Workshop visits: one row a repair order."))
    _add(imported, "renewals", imports.renewals_command, N_("Insurance policies the shop wrote: one row a policy."))
    _add(imported, "contacts", imports.contacts_command, N_("What staff wrote into the worklist: one row a call."))
    _add(imported, "folder", inbox.folder_command, N_("Every file of a folder, each then filed with its report."))
    _add(app, "sync", sync.sync_command, N_("Take over what has changed in the DMS's own database (docs/sync.md)."))
    _add(app, "plan", plan.plan_command, N_("Plan who should hear what: every campaign that is due, or one now."))
    _add(app, "send", send.send_command, N_("Send what is planned and may go now."))
    _add(app, "reconcile", send.reconcile_command, N_("Settle what is unknown; fetch statuses and replies."))
    _add(app, "attribute", send.attribute_command, N_("Credit each visit and renewal to at most one text."))
    _add(app, "report", report.report_command, N_("What the campaigns did, credited and caused side by side."))
    _add(app, "explain", explain.explain_command, N_("Why this customer gets, or does not get, a message."))
    _add_templates(_nest(app, "templates", N_("The texts customers read.")))
    planned = _nest(app, "schedules", N_("What runs when, for whom."))
    _add(planned, "check", schedules.check_command, N_("What is wrong with schedules.yaml, each with its line."))
    _add(planned, "next", schedules.next_command, N_("What will run in the next days."))
    _add_reviews(app)
    _add(app, "run", run.run_command, N_("The daemon: engine and web under one command."))
    _add(app, "worker", run.worker_command, N_("A cluster's part: one of any number of workers, on PostgreSQL."))
    _add(app, "web", run.web_command, N_("A cluster's other part: webhooks, short links, console, health."))
    _add(app, "status", status.status_command, N_("Waiting, sending, unknown, rate, oldest, last provider error."))
    _add(app, "pause", pauses.pause_command, N_("Send nothing more, at once: everything, or one shop."))
    _add(app, "resume", pauses.resume_command, N_("Let it go on; also a lane that stopped over our set-up."))
    people = _nest(app, "users", N_("Who may sign in at the console."))
    _add(people, "add", users.add_command, N_("Let somebody in, with a password or a one-time link."))
    _add(people, "list", users.list_command, N_("Everybody, with role, shop and when they were last here."))
    _add(people, "link", users.link_command, N_("A one-time link to choose a new password."))
    _add(people, "end", users.end_command, N_("From now on they may not sign in."))
    kept = _nest(app, "db", N_("The database."))
    _add(kept, "upgrade", database.upgrade_command, N_("Bring it to the version this Notifier needs."))
    _add(kept, "backup", database.backup_command, N_("Copy it into one new file while the shop goes on."))
    _add(kept, "restore", database.restore_command, N_("Put a backup in its place; nothing may be running on it."))
    return app


def _add_templates(group: typer.Typer) -> None:
    _add(group, "list", templates.list_command, N_("Every template, its languages and its live version."))
    _add(group, "check", templates.check_command, N_("What a careful colleague would say about every text."))
    _add(group, "preview", templates.preview_command, N_("How a text reads, its segments and its cost."))
    _add(group, "test-send", templates.try_command, N_("One real text with example values to your own phone."))
    _add(group, "rerender", templates.rerender_command, N_("Put what is still planned into the latest wording."))


def _add_reviews(app: typer.Typer) -> None:
    runs = _nest(app, "runs", N_("Runs, and the review of those that need one."))
    _add(runs, "list", reviews.list_command, N_("The latest runs."))
    _add(runs, "show", reviews.show_command, N_("A run's counts, cost and sample texts."))
    _add(runs, "approve", reviews.approve_command, N_("Release a run that waits for review."))
    _add(runs, "reject", reviews.reject_command, N_("Make a wholly unsent run void."))
    campaigns = _nest(app, "campaigns", N_("Pause a campaign, and resume it."))
    _add(campaigns, "pause", reviews.pause_command, N_("Nothing of it is planned or sent from now on."))
    _add(campaigns, "resume", reviews.resume_command, N_("Let it go on."))
    unsettled = _nest(app, "complaints", N_("Customers who were not content."))
    _add(unsettled, "list", complaints.list_command, N_("Those that wait to be settled."))
    _add(unsettled, "close", complaints.close_command, N_("Settled: texts go out again."))
    unknown = _nest(app, "unknown", N_("Texts nobody can tell of, for a person to settle."))
    _add(unknown, "list", unknowns.list_command, N_("Each with its evidence."))
    _add(unknown, "sent", unknowns.sent_command, N_("The provider's console shows it: it was sent."))
    _add(unknown, "not-sent", unknowns.not_sent_command, N_("The provider's console does not show it."))


def _group(words: str) -> typer.Typer:
    return typer.Typer(
        cls=Group, help=words, add_completion=False, no_args_is_help=True, rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )  # fmt: skip


def _nest(app: typer.Typer, name: str, words: str) -> typer.Typer:
    group = _group(words)
    app.add_typer(group, name=name)
    return group


def _add(app: typer.Typer, name: str, function: Callable[..., None], words: str) -> None:
    app.command(name, cls=Command, help=words)(function)
