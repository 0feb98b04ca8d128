"""Settings: defaults, refusals that name key and mend, secrets that stay secret, one list of keys."""

from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notifier.config import SETTINGS, load_settings, unknown_keys
from notifier.errors import ConfigError
from notifier.locale import language

ROOT = Path(__file__).parents[2]
TWILIO = {
    "NOTIFIER_GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "a-token-nobody-may-see",
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
}
KEY = "k" * 32


def test_an_empty_environment_gives_the_defaults() -> None:
    """A fresh clone runs with nothing set: SQLite, the simulator, local files."""
    settings = load_settings({}, None)
    assert settings.database_url == "sqlite:///db/notifier.sqlite3"
    assert settings.database_file == Path("db/notifier.sqlite3")
    assert (settings.gateway, settings.port, settings.in_flight) == ("simulator", 8321, 50)
    assert (settings.post_timeout, settings.lease) == (8, 60)
    assert (settings.reconcile_after, settings.reconcile_gap) == (300, 120)
    assert settings.price_micros == 45_000


def test_the_defaults_of_the_table_are_the_defaults_of_the_code() -> None:
    """Writing every default of the table out changes nothing."""
    written = {setting.name: setting.default for setting in SETTINGS}
    assert load_settings(written, None) == load_settings({}, None)


BAD = {
    "NOTIFIER_INBOX_RESTS": "0",
    "NOTIFIER_GATEWAY": "twillio",
    "NOTIFIER_PORT": "99999",
    "NOTIFIER_LANGUAGE": "fr",
    "NOTIFIER_LOG_FORMAT": "xml",
    "NOTIFIER_PUBLIC_URL": "https://my_shop.example.com",
    "NOTIFIER_HOST": "not a host",
    "NOTIFIER_POST_TIMEOUT": "nan",
    "NOTIFIER_LEASE": "soon",
    "NOTIFIER_RECONCILE_AFTER": "-1",
    "NOTIFIER_RECONCILE_GAP": "0",
    "NOTIFIER_PRICE_PER_SEGMENT": "0.0000001",
    "NOTIFIER_IN_FLIGHT": "0",
    "NOTIFIER_SIMULATOR_SEED": "-1",
    "NOTIFIER_TEMPLATE_REVIEW": "two",
    "NOTIFIER_DMS_EVERY": "-5",
    "NOTIFIER_DMS_SHOP": "two words",
    "NOTIFIER_TWILIO_RATE": "0",
    "TWILIO_API_BASE_URL": "api.twilio.com",
    "TWILIO_ACCOUNT_SID": "SK123",
    "TWILIO_MESSAGING_SERVICE_SID": "AC123",
    "TWILIO_FROM": "one very long sender name",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_names_key_value_and_what_is_right(name: str) -> None:
    """The sentence alone is enough to mend it."""
    right = next(setting.right for setting in SETTINGS if setting.name == name)
    with pytest.raises(ConfigError) as refused:
        load_settings({name: BAD[name]}, None)
    assert str(refused.value) == f"{name} is {BAD[name]}; it must be {right}."


def test_every_setting_that_can_be_wrong_is_tried_above() -> None:
    """A new setting without a refusal would be noticed here; paths and secrets cannot be wrong in this way."""
    free = {"NOTIFIER_SCHEDULES", "NOTIFIER_TEMPLATES", "NOTIFIER_DMS_QUERIES", "NOTIFIER_INBOX"}
    assert set(BAD) == {setting.name for setting in SETTINGS if not setting.secret} - free


@pytest.mark.parametrize(
    "name, value",
    [
        ("NOTIFIER_SECRET_KEY", "short"),
        ("NOTIFIER_DATABASE_URL", "mysql://wang:geheim@host/x"),
        ("NOTIFIER_DMS_URL", "wang:geheim@host"),
    ],
)
def test_a_bad_secret_is_never_shown(name: str, value: str) -> None:
    """Neither the sentence nor the chain of causes may carry the value."""
    with pytest.raises(ConfigError) as refused:
        load_settings({name: value}, None)
    assert name in str(refused.value)
    assert value not in str(refused.value)
    assert refused.value.__cause__ is None
    assert value not in repr(refused.value.fields)


def test_repr_shows_no_secret() -> None:
    """Settings may be printed while debugging without giving anything away."""
    database = "postgresql://wang:geheim@host/notifier"
    settings = load_settings(TWILIO | {"NOTIFIER_DATABASE_URL": database, "NOTIFIER_SECRET_KEY": KEY}, None)
    for shown in (repr(settings), str(settings), str(settings.model_dump())):
        assert all(secret not in shown for secret in ("geheim", KEY, TWILIO["TWILIO_AUTH_TOKEN"]))
    assert settings.database_url == database
    assert not settings.is_sqlite


@pytest.mark.parametrize(
    "name, nearest",
    [
        ("NOTIFIER_PRT", "NOTIFIER_PORT"),
        ("NOTIFIER_SECRET_KEYFILE", "NOTIFIER_SECRET_KEY_FILE"),
        ("NOTIFIER_XYZ", None),
    ],
)
def test_an_unknown_key_of_the_file_is_refused_with_the_nearest(name: str, nearest: str | None, tmp_path: Path) -> None:
    """A misspelt key would otherwise silently leave its default."""
    env = tmp_path / ".env"
    env.write_text(f"{name}=1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"^{name} is not a setting") as refused:
        load_settings({}, env)
    assert (f"did you mean {nearest}?" in str(refused.value)) == (nearest is not None)


def test_keys_of_other_programs_are_left_alone() -> None:
    """The environment belongs to everybody; only NOTIFIER_ is ours."""
    assert load_settings({"PATH": "/bin", "TWILIO_EDGE": "dublin"}, None).gateway == "simulator"


def test_an_unknown_key_of_the_environment_is_told_but_stops_nothing() -> None:
    """A container's environment may hold keys of another version."""
    given = {"NOTIFIER_PRT": "1", "NOTIFIER_PORT": "9000"}
    assert load_settings(given, None).port == 9000
    assert unknown_keys(given) == ["NOTIFIER_PRT"]


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID"])
def test_twilio_needs_its_keys(missing: str) -> None:
    """Better at the start than at the first text."""
    with pytest.raises(ConfigError, match=missing):
        load_settings({name: value for name, value in TWILIO.items() if name != missing}, None)


def test_twilio_sends_from_a_number_where_there_is_no_service() -> None:
    """TWILIO_FROM stands in for the messaging service."""
    given = {name: value for name, value in TWILIO.items() if name != "TWILIO_MESSAGING_SERVICE_SID"}
    assert load_settings(given | {"TWILIO_FROM": "+15005550006"}, None).twilio_from == "+15005550006"


@pytest.mark.parametrize("gateway", ["alibaba", "tencent"])
def test_gateways_of_later_versions_are_named_as_such(gateway: str) -> None:
    """They are in the design, so somebody will try them."""
    with pytest.raises(ConfigError, match="comes in a later version"):
        load_settings({"NOTIFIER_GATEWAY": gateway}, None)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What is set for one command is meant; quotes, comments and dollar signs of .env read as people expect."""
    env = tmp_path / ".env"
    env.write_text(
        '# our shop\nexport NOTIFIER_PORT=9000\nNOTIFIER_SECRET_KEY="pa$$word-${HOME}-long"\nNOTIFIER_LEASE=30 # s\n',
        encoding="utf-8",
    )
    settings = load_settings({"NOTIFIER_PORT": "9001", "NOTIFIER_LEASE": ""}, env)
    assert settings.port == 9001
    assert settings.secret_key() == b"pa$$word-${HOME}-long"
    assert load_settings({}, env).lease == 30


@pytest.mark.parametrize(
    "content, said",
    [
        (b"NOTIFIER_PORT=1\nwhat is this\n", "line 2"),
        (b"NOTIFIER_PRT=1\n", "NOTIFIER_PRT"),
        ("NOTIFIER_PORT=门".encode("gbk"), "UTF-8"),
    ],
)
def test_a_broken_env_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """A line that cannot be read is not silently skipped."""
    env = tmp_path / ".env"
    env.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_settings({}, env)


def test_secrets_come_from_files(tmp_path: Path) -> None:
    """As Docker and systemd hand them over, with the line end that editors add."""
    token, key = tmp_path / "token", tmp_path / "key"
    token.write_text("from-a-file\n")
    key.write_text(KEY)
    given = {name: value for name, value in TWILIO.items() if name != "TWILIO_AUTH_TOKEN"}
    settings = load_settings(given | {"TWILIO_AUTH_TOKEN_FILE": str(token), "NOTIFIER_SECRET_KEY_FILE": str(key)}, None)
    assert settings.twilio_auth_token is not None
    assert settings.twilio_auth_token.get_secret_value() == "from-a-file"
    assert settings.secret_key() == KEY.encode()


@pytest.mark.parametrize("content, said", [(None, "cannot be read"), ("\n", "is empty")])
def test_a_secret_file_that_gives_nothing_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    """The sentence names the key and the file."""
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=f"TWILIO_AUTH_TOKEN_FILE names the file .*{said}"):
        load_settings({"TWILIO_AUTH_TOKEN_FILE": str(path)}, None)


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    """Nobody could say which one counts."""
    path = tmp_path / "key"
    path.write_text(KEY)
    with pytest.raises(ConfigError, match="both set"):
        load_settings({"NOTIFIER_SECRET_KEY": KEY, "NOTIFIER_SECRET_KEY_FILE": str(path)}, None)


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    """A second start, and a second process at the same moment, find the same key."""
    given = {"NOTIFIER_DATABASE_URL": f"sqlite:///{tmp_path}/data/notifier.sqlite3"}
    settings = [load_settings(given, None) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda each: each.secret_key(), settings))
    assert len(keys) == 1
    path = tmp_path / "data" / "notifier.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["notifier.key"]
    assert load_settings(given, None).secret_key() in keys


def test_a_damaged_key_file_is_refused(tmp_path: Path) -> None:
    """A new key in its place would make every known customer a stranger."""
    (tmp_path / "notifier.key").write_text("half")
    with pytest.raises(ConfigError, match="backup"):
        load_settings({"NOTIFIER_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}, None).secret_key()


@pytest.mark.parametrize("url", ["postgresql://host/notifier", "postgresql+psycopg://host/notifier", "sqlite://"])
def test_a_database_without_a_file_needs_the_key_set(url: str) -> None:
    """Two machines with two keys would know two different customers behind one phone."""
    with pytest.raises(ConfigError, match="NOTIFIER_SECRET_KEY is missing"):
        load_settings({"NOTIFIER_DATABASE_URL": url}, None).secret_key()


def test_refusals_can_be_shown_in_every_language() -> None:
    """The sentence inside the sentence is translated when it is shown, not before."""
    with pytest.raises(ConfigError) as refused:
        load_settings({"NOTIFIER_PORT": "x"}, None)
    with language("zh-CN"):
        assert "NOTIFIER_PORT" in str(refused.value)


@pytest.mark.parametrize("page", [".env.example", "docs/settings.md"])
def test_every_setting_is_documented_and_nothing_else(page: str) -> None:
    """One list of keys: the table, the example and the page agree, defaults and explanations included."""
    text = (ROOT / page).read_text(encoding="utf-8")
    known = {setting.name for setting in SETTINGS} | {setting.file_name for setting in SETTINGS if setting.secret}
    assert set(re.findall(r"\b(?:NOTIFIER|TWILIO)_[A-Z_]*[A-Z]\b", text)) == known
    plain = re.sub(r"\s+", " ", re.sub(r"^# ", "", text, flags=re.MULTILINE))
    for setting in SETTINGS:
        assert setting.explanation in plain
        default = f"`{setting.default}`" if setting.default else "–"
        expected = {".env.example": f"\n{setting.name}={setting.default}\n"}.get(
            page, f"| `{setting.name}` | {default} |"
        )
        assert expected in text


def test_the_example_is_a_right_env_file() -> None:
    """Copied as it is, it changes nothing."""
    assert load_settings({}, ROOT / ".env.example") == load_settings({}, None)
