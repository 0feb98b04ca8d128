"""The settings, typed and checked one by one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from notifier.config.key_file import KEY_FILE, key_of_file
from notifier.config.table import BY_NAME, Translated
from notifier.errors import ConfigError
from notifier.locale import N_, nearest_language

__all__ = ["Settings"]

MICROS = 1_000_000


def _address(text: str) -> str:
    parts = urlsplit(text)
    host = parts.hostname or ""
    # Twilio refuses callbacks to host names with an underscore (facts/providers.md).
    if parts.scheme not in ("http", "https") or not host or "_" in host or parts.query or parts.fragment:
        raise ValueError(text)
    return text.rstrip("/")


def _database_url(secret: SecretStr) -> SecretStr:
    scheme, found, _rest = secret.get_secret_value().partition("://")
    if not found or scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise ValueError(scheme)
    return secret


def _dms_url(secret: SecretStr) -> SecretStr:
    scheme, found, rest = secret.get_secret_value().partition("://")
    if not found or not scheme.replace("+", "").replace("_", "").isalnum() or not rest:
        raise ValueError(scheme)
    return secret


def _language(text: str) -> str:
    if not text.lower().startswith(("zh", "en")):
        raise ValueError(text)
    return nearest_language(text)


def _price(text: Any) -> Any:
    if isinstance(text, str) and not text.isascii():
        raise ValueError(text)
    return text


Address = Annotated[str, AfterValidator(_address)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]


class Settings(BaseSettings):
    """Every setting, checked. Made by `load_settings`; times in seconds, secrets hidden from ``repr`` and logs."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        SecretStr("sqlite:///db/notifier.sqlite3"), alias="NOTIFIER_DATABASE_URL"
    )
    given_secret_key: SecretStr | None = Field(None, alias="NOTIFIER_SECRET_KEY", min_length=8)
    gateway: Literal["simulator", "twilio"] = Field("simulator", alias="NOTIFIER_GATEWAY")
    twilio_account_sid: str | None = Field(None, alias="TWILIO_ACCOUNT_SID", pattern=r"^AC\w+$")
    twilio_auth_token: SecretStr | None = Field(None, alias="TWILIO_AUTH_TOKEN")
    twilio_messaging_service_sid: str | None = Field(None, alias="TWILIO_MESSAGING_SERVICE_SID", pattern=r"^MG\w+$")
    twilio_from: str | None = Field(None, alias="TWILIO_FROM", pattern=r"^(\+\d{5,15}|\d{3,8}|[\w &+-]{1,11})$")
    twilio_api_base_url: Address = Field("https://api.twilio.com", alias="TWILIO_API_BASE_URL")
    twilio_rate: Seconds = Field(1000.0, alias="NOTIFIER_TWILIO_RATE", ge=0.1, le=10000)
    public_url: Address | None = Field(None, alias="NOTIFIER_PUBLIC_URL")
    host: str = Field("127.0.0.1", alias="NOTIFIER_HOST", pattern=r"^[\w.:-]+$")
    port: int = Field(8321, alias="NOTIFIER_PORT", ge=1, le=65535)
    schedules: Path = Field(Path("schedules.yaml"), alias="NOTIFIER_SCHEDULES")
    templates: Path = Field(Path("templates/sms"), alias="NOTIFIER_TEMPLATES")
    template_review: Literal["off", "second_person"] = Field("off", alias="NOTIFIER_TEMPLATE_REVIEW")
    dms: Annotated[SecretStr, AfterValidator(_dms_url)] | None = Field(None, alias="NOTIFIER_DMS_URL")
    dms_queries: Path = Field(Path("dms.yaml"), alias="NOTIFIER_DMS_QUERIES")
    dms_every: int = Field(60, alias="NOTIFIER_DMS_EVERY", ge=0, le=10_080)
    dms_shop: str | None = Field(None, alias="NOTIFIER_DMS_SHOP", pattern=r"^\w[\w-]*$")
    inbox: Path | None = Field(None, alias="NOTIFIER_INBOX")
    inbox_rests: Seconds = Field(60.0, alias="NOTIFIER_INBOX_RESTS", ge=1, le=3600)
    language: Annotated[str, AfterValidator(_language)] | None = Field(None, alias="NOTIFIER_LANGUAGE")
    log_format: Literal["console", "json"] = Field("console", alias="NOTIFIER_LOG_FORMAT")
    price_per_segment: Annotated[Decimal, BeforeValidator(_price)] = Field(
        Decimal("0.045"), alias="NOTIFIER_PRICE_PER_SEGMENT", ge=0, le=100, decimal_places=6, allow_inf_nan=False
    )
    in_flight: int = Field(50, alias="NOTIFIER_IN_FLIGHT", ge=1, le=200)
    post_timeout: Seconds = Field(8.0, alias="NOTIFIER_POST_TIMEOUT", ge=0.1, le=60)
    lease: Seconds = Field(60.0, alias="NOTIFIER_LEASE", ge=1, le=3600)
    reconcile_after: Seconds = Field(300.0, alias="NOTIFIER_RECONCILE_AFTER", ge=0, le=86400)
    reconcile_gap: Seconds = Field(120.0, alias="NOTIFIER_RECONCILE_GAP", ge=0.1, le=86400)
    simulator_seed: int = Field(1, alias="NOTIFIER_SIMULATOR_SEED", ge=0, le=4294967295)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the names are pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands over: it alone knows the secrets' files and refuses unknown keys."""
        return (init_settings,)

    @property
    def database_url(self) -> str:
        """The database's address, password included: never log it."""
        return self.database.get_secret_value()

    @property
    def dms_url(self) -> str | None:
        """The DMS database's address, password included: never log it; None where there is none."""
        return self.dms.get_secret_value() if self.dms else None

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith(("sqlite:", "sqlite+"))

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None for a server or a database in memory."""
        path = self.database_url.partition("://")[2].partition("?")[0].removeprefix("/")
        return Path(path) if self.is_sqlite and path not in ("", ":memory:") else None

    @property
    def price_micros(self) -> int:
        """The price of a segment in millionths of the currency."""
        return int(self.price_per_segment * MICROS)

    def secret_key(self) -> bytes:
        """The key of this installation: NOTIFIER_SECRET_KEY, else the key file beside the SQLite file, made once.

        Raises ConfigError where neither can be had: machines that share a server database must share the key.
        """
        if self.given_secret_key is not None:
            return self.given_secret_key.get_secret_value().encode()
        if self.database_file is None:
            raise ConfigError(
                N_("{key} is missing; a server database needs it, the same on every machine. Set {right}."),
                key="NOTIFIER_SECRET_KEY",
                right=Translated(BY_NAME["NOTIFIER_SECRET_KEY"].right),
            )
        return key_of_file(self.database_file.with_name(KEY_FILE))
