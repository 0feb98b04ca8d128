"""Dockerfile, compose.yaml and .dockerignore: held against the tree, since no Docker engine runs in the tests."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
PORT = "8321"  # NOTIFIER_PORT where nobody sets it
EMBEDDED = "sqlite:////data/notifier.sqlite3"


def _instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def _stages() -> list[list[tuple[str, str]]]:
    stages: list[list[tuple[str, str]]] = []
    for word, rest in _instructions():
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages


def _copied(stage: list[tuple[str, str]]) -> list[str]:
    """What a stage takes from the tree."""
    copies = [rest.split() for word, rest in stage if word == "COPY" and not rest.startswith("--from")]
    return [source for parts in copies for source in parts[:-1]]


def _is_in_context(path: str) -> bool:
    """Does .dockerignore let the path through? The last line that fits decides."""
    lets = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split():
        pattern = line.removeprefix("!")
        if any(fnmatch.fnmatch(part, pattern) for part in (path, path.split("/", maxsplit=1)[0])):
            lets = line.startswith("!")
    return lets


@pytest.mark.parametrize("path", sorted({path for stage in _stages() for path in _copied(stage)}))
def test_what_is_copied_exists_and_reaches_the_build(path: str) -> None:
    """Each path of a COPY stands in the tree and is not ignored."""
    assert (ROOT / path).exists()
    assert _is_in_context(path)


@pytest.mark.parametrize("path", [".env", ".git", ".venv", "tests", "db/notifier.sqlite3", "db/secret.key"])
def test_secrets_and_data_never_reach_the_build(path: str) -> None:
    """A shop's database, its key and its settings are not baked into an image."""
    assert not _is_in_context(path)


def test_the_build_runs_the_script_that_make_runs() -> None:
    """One set-up for both, in the mode without test tools."""
    runs = [rest for word, rest in _stages()[0] if word == "RUN"]
    assert runs == ["scripts/setup.sh runtime"]
    assert "@scripts/setup.sh runtime" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert (ROOT / "scripts/setup.sh").stat().st_mode & 0o111


def test_the_build_stage_holds_all_that_installing_needs(tmp_path: Path) -> None:
    """Only the files it copies, and the package still builds as setup.sh installs it."""
    for path in _copied(_stages()[0]):
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, tmp_path / path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
    build = "import setuptools.build_meta as b; print(b.build_editable('.'))"
    done = subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(".whl")


def test_the_image_holds_what_runs() -> None:
    """Package, migrations, templates and schedules lie side by side as in the source tree, with the health check."""
    assert {"notifier", "db", "templates", "schedules.yaml", "scripts/healthcheck.py"} <= set(_copied(_stages()[-1]))


def test_nothing_runs_as_root() -> None:
    """The last USER is an ordinary one, made in the image, set before anything starts."""
    words = [word for word, _ in _stages()[-1]]
    user = [rest for word, rest in _stages()[-1] if word == "USER"][-1]
    assert user not in ("root", "0")
    assert any(word == "RUN" and re.search(rf"useradd .*\b{user}\b", rest) for word, rest in _stages()[-1])
    assert words.index("USER") < words.index("CMD")


def test_port_database_and_health_check() -> None:
    """The port is the default one, the database lies in a folder of its own, and our own script asks for readiness."""
    last = dict(_stages()[-1])
    assert last["EXPOSE"] == PORT
    assert f"NOTIFIER_DATABASE_URL={EMBEDDED}" in last["ENV"]
    assert last["HEALTHCHECK"].endswith('CMD ["python", "scripts/healthcheck.py"]')
    assert last["CMD"] == '["notifier", "run"]'


def test_no_volume_is_made_that_nobody_named(compose: dict[str, Any]) -> None:
    """Each container of a cluster would leave one behind; and none hides the migrations of the next version."""
    assert "VOLUME" not in dict(_stages()[-1])
    mounts = [mount.split(":")[1] for service in compose["services"].values() for mount in service["volumes"]]
    assert not [mount for mount in mounts if mount.startswith("/app/db")]
    assert any(word == "RUN" and "install -d -o notifier /data" in rest for word, rest in _stages()[-1])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """compose.yaml, read."""
    read: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")
    return read


def _url(service: dict[str, Any]) -> str:
    url: str = service["environment"]["NOTIFIER_DATABASE_URL"]
    return url


def test_compose_starts_a_cluster(compose: dict[str, Any]) -> None:
    """PostgreSQL, its tables, then the web part and workers, of which `--scale worker=N` makes any number."""
    services = compose["services"]
    assert {name for name, service in services.items() if "profiles" not in service} == {
        "postgres", "migrate", "web", "worker"
    }  # fmt: skip
    commands = {name: services[name]["command"] for name in ("migrate", "web", "worker")}
    assert commands == {
        "migrate": ["notifier", "db", "upgrade"], "web": ["notifier", "web"], "worker": ["notifier", "worker"]
    }  # fmt: skip
    assert {_url(services[name]) for name in commands} == {
        "postgresql://notifier:${POSTGRES_PASSWORD:-}@postgres/notifier"
    }
    assert "ports" not in services["worker"]
    assert "container_name" not in services["worker"]
    assert services["web"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert "postgres:/var/lib/postgresql" in services["postgres"]["volumes"]


def test_compose_upgrades_before_anything_uses_the_database(compose: dict[str, Any]) -> None:
    """The tables are made once PostgreSQL answers, once, and whoever needs them waits until that is done."""
    services = compose["services"]
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"
    # by TCP, where the server does not answer before its tables are made
    assert services["postgres"]["healthcheck"]["test"] == [
        "CMD", "pg_isready", "-h", "127.0.0.1", "-U", "notifier", "-d", "notifier"
    ]  # fmt: skip
    assert {"start_period", "retries", "timeout"} <= set(services["postgres"]["healthcheck"])
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["restart"] == "unless-stopped"
    # the image's health check asks the web part, which these two do not have
    assert [name for name, service in services.items() if service.get("healthcheck") == {"disable": True}] == [
        "migrate", "worker"
    ]  # fmt: skip


def test_compose_runs_one_machine_when_asked_for(compose: dict[str, Any]) -> None:
    """`docker compose up notifier` starts nothing else; its database in a named volume, its port for this machine."""
    alone = compose["services"]["notifier"]
    assert alone["profiles"] == ["one-machine"]
    assert "depends_on" not in alone
    assert "command" not in alone
    assert "data:/data" in alone["volumes"]
    assert alone["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert _url(alone) == EMBEDDED
    assert set(compose["volumes"]) == {"data", "postgres"}


@pytest.mark.parametrize("part", ["notifier", "migrate", "web", "worker"])
def test_a_copy_of_env_example_moves_no_part(compose: dict[str, Any], part: str) -> None:
    """`.env` beats the image and `environment` beats `.env`: host, port and database are those of a container."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    copied = dict(line.split("=", 1) for line in example if line and not line.startswith("#"))
    assert {"NOTIFIER_HOST", "NOTIFIER_PORT", "NOTIFIER_DATABASE_URL"} <= set(copied)
    seen = copied | compose["services"][part]["environment"]
    assert (seen["NOTIFIER_HOST"], seen["NOTIFIER_PORT"]) == ("0.0.0.0", PORT)
    assert seen["NOTIFIER_DATABASE_URL"].split(":", 1)[0] == ("sqlite" if part == "notifier" else "postgresql")


def test_one_machine_needs_no_password(compose: dict[str, Any]) -> None:
    """Compose fills in the variables of every service, so one that must be set would refuse `up notifier` too."""
    assert not re.search(r"\$\{\w+:?\?", str(compose))


@pytest.mark.parametrize("part", ["notifier", "migrate", "web", "worker"])
def test_compose_hands_every_part_the_same(compose: dict[str, Any], part: str) -> None:
    """Settings, schedules.yaml and templates/ come from the folder beside compose.yaml, and time to end is enough."""
    service = compose["services"][part]
    mounts = [mount.split(":") for mount in service["volumes"] if mount.startswith("./")]
    assert {mount[1] for mount in mounts} == {"/app/schedules.yaml", "/app/templates"}
    assert all((ROOT / mount[0]).exists() for mount in mounts)
    assert service["env_file"] == [{"path": ".env", "required": False}]
    assert (service["build"], service["init"]) == (".", True)
    assert part == "migrate" or service["stop_grace_period"] == "15s"
