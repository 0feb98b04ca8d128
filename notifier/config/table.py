"""The one list of settings: .env.example and docs/settings.md must agree with it (a test)."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.locale import N_, _

__all__ = ["BY_NAME", "SECRET_FILES", "SETTINGS", "Setting", "Translated"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its default as it is written in .env, what it means, and (for refusals) what a right value is."""

    name: str
    default: str
    explanation: str
    right: str
    secret: bool = False

    @property
    def file_name(self) -> str:
        """The key that names a file holding this secret."""
        return f"{self.name}_FILE"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "NOTIFIER_DATABASE_URL",
        "sqlite:///db/notifier.sqlite3",
        N_("The database: SQLite on one machine, or PostgreSQL as postgresql://user:password@host/name."),
        N_("an address like sqlite:///db/notifier.sqlite3 or postgresql://user:password@host/name"),
        secret=True,
    ),
    Setting(
        "NOTIFIER_SECRET_KEY",
        "",
        N_(
            "Keys the hashes that stand for phones and signs the console's cookies; never change it once customers are "
            "imported. Empty with SQLite: made once, beside the database file, as notifier.key. Back it up."
        ),
        N_('8 characters or more, better 32; python -c "import secrets; print(secrets.token_hex(32))" makes one'),
        secret=True,
    ),
    Setting(
        "NOTIFIER_GATEWAY",
        "simulator",
        N_("Who carries the texts: simulator (nothing leaves this machine) or twilio."),
        N_("simulator or twilio"),
    ),
    Setting("TWILIO_ACCOUNT_SID", "", N_("Twilio: the account, AC…"), N_("the Account SID, which starts with AC")),
    Setting(
        "TWILIO_AUTH_TOKEN",
        "",
        N_("Twilio: the account's token; also proves that callbacks are Twilio's."),
        N_("the Auth Token shown beside the Account SID"),
        secret=True,
    ),
    Setting(
        "TWILIO_MESSAGING_SERVICE_SID",
        "",
        N_("Twilio: the messaging service to send by, MG…; or set TWILIO_FROM."),
        N_("a messaging service, which starts with MG"),
    ),
    Setting(
        "TWILIO_FROM",
        "",
        N_("Twilio: the sender where there is no messaging service, +15005550006."),
        N_("a phone number with its country code, or a sender name of up to 11 letters"),
    ),
    Setting(
        "TWILIO_API_BASE_URL",
        "https://api.twilio.com",
        N_("Twilio: where its API is; changed only by tests."),
        N_("an address like https://api.twilio.com"),
    ),
    Setting(
        "NOTIFIER_TWILIO_RATE",
        "1000",
        N_(
            "Twilio: segments a second handed over at most. Twilio queues 10 hours of what its sender is too slow for "
            '(US long code 1 a second, toll-free 3, most others 10) and its "too fast" is obeyed.'
        ),
        N_("a number from 0.1 to 10000"),
    ),
    Setting(
        "NOTIFIER_PUBLIC_URL",
        "",
        N_("Where providers and customers reach this machine, https://…; empty: statuses and replies are fetched."),
        N_("an address like https://sms.example.com, without _ in the host name"),
    ),
    Setting(
        "NOTIFIER_HOST",
        "127.0.0.1",
        N_("The address the web part listens on; 0.0.0.0 in a container."),
        N_("an IP address or host name"),
    ),
    Setting("NOTIFIER_PORT", "8321", N_("The port the web part listens on."), N_("a number from 1 to 65535")),
    Setting("NOTIFIER_SCHEDULES", "schedules.yaml", N_("What runs when, for whom."), N_("the path of a file")),
    Setting(
        "NOTIFIER_TEMPLATES",
        "templates/sms",
        N_("The folder of the texts, one folder a language in it."),
        N_("the path of a folder"),
    ),
    Setting(
        "NOTIFIER_TEMPLATE_REVIEW",
        "off",
        N_(
            "Whether a text written in the console needs a second person to go live: off, or second_person (neither "
            "who edited it last nor who handed it in). Files are taken up either way."
        ),
        N_("off or second_person"),
    ),
    Setting(
        "NOTIFIER_DMS_URL",
        "",
        N_(
            "The DMS's own database, for notifier sync: any SQLAlchemy address; empty: there is none, files are "
            "imported."
        ),
        N_("an address like mssql+pyodbc://user:password@host/dms"),
        secret=True,
    ),
    Setting(
        "NOTIFIER_DMS_QUERIES",
        "dms.yaml",
        N_("What is asked of the DMS's database, one query a kind (docs/sync.md)."),
        N_("the path of a file"),
    ),
    Setting(
        "NOTIFIER_DMS_EVERY",
        "60",
        N_("Minutes between two readings of the DMS's database by notifier run; 0: only notifier sync reads it."),
        N_("a whole number from 0 to 10080"),
    ),
    Setting(
        "NOTIFIER_DMS_SHOP",
        "",
        N_("Of a group of shops: whose DMS database that is, by its key in schedules.yaml; empty: there is one shop."),
        N_("a shop's key"),
    ),
    Setting(
        "NOTIFIER_INBOX",
        "",
        N_("The folder the daemon imports files from; empty: none. It must be there, and hold nothing else."),
        N_("the path of a folder of its own"),
    ),
    Setting(
        "NOTIFIER_INBOX_RESTS",
        "60",
        N_("Seconds a file in that folder must lie unchanged before it is read: a copy under way must not be."),
        N_("a number of seconds from 1 to 3600"),
    ),
    Setting(
        "NOTIFIER_LANGUAGE",
        "",
        N_("Language of the command line, zh-CN or en; empty: the terminal's, else the shop's."),
        N_("zh-CN or en"),
    ),
    Setting(
        "NOTIFIER_LOG_FORMAT",
        "console",
        N_("The log: console (for people) or json (for machines)."),
        N_("console or json"),
    ),
    Setting(
        "NOTIFIER_PRICE_PER_SEGMENT",
        "0.045",
        N_("What one segment costs, in the shop's currency; used for budgets and reports."),
        N_("an amount from 0 to 100 with at most 6 decimals, like 0.045"),
    ),
    Setting(
        "NOTIFIER_IN_FLIGHT",
        "50",
        N_("How many texts are on their way to the provider at once."),
        N_("a whole number from 1 to 200"),
    ),
    Setting(
        "NOTIFIER_POST_TIMEOUT",
        "8",
        N_("Seconds to wait for the provider's answer to one text."),
        N_("a number of seconds from 0.1 to 60"),
    ),
    Setting(
        "NOTIFIER_LEASE",
        "60",
        N_(
            "Seconds a sender holds a text; afterwards the text is unknown until reconciled. Better not less than the "
            "post timeout + 7."
        ),
        N_("a number of seconds from 1 to 3600"),
    ),
    Setting(
        "NOTIFIER_RECONCILE_AFTER",
        "300",
        N_("Seconds after a lapsed lease before the provider's list is first asked for the text."),
        N_("a number of seconds from 0 to 86400"),
    ),
    Setting(
        "NOTIFIER_RECONCILE_GAP",
        "120",
        N_("Seconds between the two complete lists that prove a text was never accepted."),
        N_("a number of seconds from 0.1 to 86400"),
    ),
    Setting(
        "NOTIFIER_SIMULATOR_SEED",
        "1",
        N_("Simulator: the same seed makes the same phones and people."),
        N_("a whole number from 0 to 4294967295"),
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
SECRET_FILES = {setting.file_name: setting for setting in SETTINGS if setting.secret}


@dataclass(frozen=True, slots=True)
class Translated:
    """A sentence inside a sentence: put into the reader's language when it is shown."""

    sentence: str

    def __str__(self) -> str:
        return _(self.sentence)
