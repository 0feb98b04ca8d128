"""The environment, .env and the files of secrets → Settings, or one sentence about what is wrong."""

from __future__ import annotations

import difflib
import io
import os
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic import ValidationError

from notifier.config.settings import Settings
from notifier.config.table import BY_NAME, SECRET_FILES, Setting, Translated
from notifier.errors import ConfigError
from notifier.locale import N_

__all__ = ["load_settings", "unknown_keys"]

LATER_GATEWAYS = ("alibaba", "tencent")
_KNOWN = (*BY_NAME, *SECRET_FILES)


def load_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings: the environment (`environ`, else the process's) wins over `env_file`; empty means unset.

    Raises ConfigError for a bad value, a missing one the gateway needs, or an unknown NOTIFIER_ key in the file. The
    environment may hold keys of other versions and tools, so there only `unknown_keys` tells.
    """
    values = _values_of_file(env_file) if env_file else {}
    given = {**values, **(os.environ if environ is None else environ)}
    _refuse_unknown_keys(values)
    known = {name: given[name].strip() for name in BY_NAME if given.get(name, "").strip()}
    for file_name, setting in SECRET_FILES.items():
        if path := given.get(file_name, "").strip():
            known[setting.name] = _secret_of_file(setting, Path(path), known)
    _refuse_later_gateway(known)
    try:
        settings = Settings(**known)  # type: ignore[arg-type]  # the texts are parsed by their fields
    except ValidationError as error:
        raise _bad_value(str(error.errors()[0]["loc"][0]), known) from None
    _raise_if_twilio_lacks_keys(settings)
    return settings


def _values_of_file(path: Path) -> dict[str, str]:
    """The keys of a .env file, as python-dotenv reads them, `$` left alone; a file that is not there has none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            N_("{file} cannot be read ({detail}); check its permissions and that it is saved as UTF-8."),
            file=str(path),
            detail=type(error).__name__,
        ) from error
    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise ConfigError(
                N_("{file}, line {line} cannot be read; write KEY=value, and put quotes around a value with spaces."),
                file=str(path),
                line=binding.original.line,
            )
        if binding.key is not None:
            values[binding.key] = binding.value or ""
    return values


def unknown_keys(given: Mapping[str, str]) -> list[str]:
    """The NOTIFIER_ keys that are no settings: misspelt, most likely."""
    return [name for name in sorted(given) if name.startswith("NOTIFIER_") and name not in _KNOWN]


def _refuse_unknown_keys(given: Mapping[str, str]) -> None:
    for name in unknown_keys(given):
        near = difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.75)
        if near:
            raise ConfigError(N_("{key} is not a setting; did you mean {nearest}?"), key=name, nearest=near[0])
        raise ConfigError(N_("{key} is not a setting; remove it. docs/settings.md lists them all."), key=name)


def _secret_of_file(setting: Setting, path: Path, known: Mapping[str, str]) -> str:
    if setting.name in known:
        raise ConfigError(
            N_("{key} and {file_key} are both set; keep one of them."), key=setting.name, file_key=setting.file_name
        )
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            N_("{key} names the file {file}, which cannot be read ({detail}); check the path and its permissions."),
            key=setting.file_name,
            file=str(path),
            detail=type(error).__name__,
        ) from error
    if not text:
        raise ConfigError(
            N_("{key} names the file {file}, which is empty; write the secret into it."),
            key=setting.file_name,
            file=str(path),
        )
    return text


def _refuse_later_gateway(known: Mapping[str, str]) -> None:
    gateway = known.get("NOTIFIER_GATEWAY")
    if gateway in LATER_GATEWAYS:
        raise ConfigError(
            N_("{key} is {value}, which comes in a later version; it must be {right}."),
            key="NOTIFIER_GATEWAY",
            value=gateway,
            right=Translated(BY_NAME["NOTIFIER_GATEWAY"].right),
        )


def _bad_value(name: str, known: Mapping[str, str]) -> ConfigError:
    setting = BY_NAME[name]
    right = Translated(setting.right)
    if setting.secret:
        return ConfigError(
            N_("{key} is not right (its value is not shown); it must be {right}."), key=name, right=right
        )
    return ConfigError(N_("{key} is {value}; it must be {right}."), key=name, value=known[name], right=right)


def _raise_if_twilio_lacks_keys(settings: Settings) -> None:
    if settings.gateway != "twilio":
        return
    needed = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
        "TWILIO_MESSAGING_SERVICE_SID": settings.twilio_messaging_service_sid or settings.twilio_from,
    }
    for name, value in needed.items():
        if not value:
            raise ConfigError(
                N_("{key} is missing, which the gateway twilio needs: {explanation}"),
                key=name,
                explanation=Translated(BY_NAME[name].explanation),
            )
