"""`notifier users …`: people are let in and ended from the server's own keyboard."""

from __future__ import annotations

import os
import pty
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifier.jobs.access import sign_in
from notifier.jobs.welcome import choose_password
from notifier.store.audit import entries
from tests.support.cli_shop import CliShop
from tests.support.prepared_cli import PYTHON
from tests.support.staff_room import HOME, MONDAY

PASSWORD = "eight horses, no cart"


@pytest.fixture
def shop(tmp_path: Path) -> CliShop:
    """A new installation."""
    return CliShop(tmp_path, settings={"NOTIFIER_PORT": "8399"})


def lets_in(shop: CliShop, name: str, password: str) -> bool:
    """Does the console let them in?"""
    store = shop.store()
    try:
        return bool(sign_in(store, name, password, address=HOME, now=MONDAY))
    finally:
        store.close()


def test_an_owner_is_added_by_a_link_and_everybody_is_listed(shop: CliShop) -> None:
    """stdout is the link alone; the owner who follows it is in; the last owner cannot be ended."""
    shop.run("db", "upgrade")
    assert "notifier users add" in shop.run("users", "list").stdout
    added = shop.run("users", "add", "林涛", "--role", "owner", "--link")
    assert "林涛 may sign in now." in added.stdout
    link = added.stdout.splitlines()[-1]
    assert link.startswith("http://127.0.0.1:8399/console/welcome/")
    assert "link" in added.stderr
    assert link not in added.stderr
    assert "NOTIFIER_PUBLIC_URL" in added.stderr
    shop.run("users", "add", "Zoe", "--role", "reader", "--link")
    listed = shop.run("users", "list").stdout
    assert [word in listed for word in ("林涛", "Owner", "Zoe", "Reader", "has no password yet")] == [True] * 5
    assert "last owner" in shop.run("users", "end", "林涛", code=1).stderr
    assert "Zoe may not sign in any more." in shop.run("users", "end", " zoe ").stdout
    assert "ended" in shop.run("users", "list").stdout
    assert "gets no link" in shop.run("users", "link", "Zoe", code=1).stderr


def test_a_new_link_lets_somebody_choose_another_password(shop: CliShop) -> None:
    """For whoever has forgotten theirs; it is in the audit log, under the name of the user of the machine."""
    shop.run("users", "add", "林涛", "--role", "owner", "--link")
    token = shop.run("users", "link", "林涛").stdout.strip().rpartition("/")[2]
    assert "Nobody is called" in shop.run("users", "link", "nobody", code=1).stderr
    store = shop.store()
    with store.read() as session:
        assert [entry.action for entry in entries(session)] == ["user.make_link", "user.make_link", "user.add"]
        assert {entry.user_id for entry in entries(session)} == {None}
    assert choose_password(store, token, PASSWORD, "", address=HOME, now=datetime.now(UTC)).token
    store.close()


def test_a_password_is_read_from_a_pipe_or_refused_with_a_sentence(shop: CliShop) -> None:
    """A weak one, none at all, and two ways at once."""
    words = [*PYTHON, "notifier.cli", "users", "add", "王芳", "--role", "manager", "--password-stdin"]
    weak = subprocess.run(words, env=shop.environment(), input="short\n", capture_output=True, text=True, check=False)
    assert (weak.returncode, "at least 10" in weak.stderr) == (1, True)
    subprocess.run(words, env=shop.environment(), input=f"{PASSWORD}\n", capture_output=True, text=True, check=True)
    assert lets_in(shop, "王芳", PASSWORD)
    assert "--link" in shop.run("users", "add", "赵敏", "--role", "reader", code=1).stderr
    shop.run("users", "add", "赵敏", "--role", "reader", "--link", "--password-stdin", code=2)
    assert "owner" in shop.run("users", "add", "赵敏", "--role", "boss", "--link", code=2).stderr
    assert (
        "every shop" in shop.run("users", "add", "赵敏", "--role", "owner", "--shop", "main", "--link", code=1).stderr
    )


def test_on_a_terminal_the_password_is_asked_for_and_not_shown(shop: CliShop) -> None:
    """Twice, as it cannot be seen."""
    ours, theirs = pty.openpty()
    words = [*PYTHON, "notifier.cli", "users", "add", "王芳", "--role", "manager"]
    process = subprocess.Popen(words, env=shop.environment(), stdin=theirs, stdout=theirs, stderr=theirs,
                               start_new_session=True)  # fmt: skip
    os.close(theirs)
    shown = b""
    for _ in range(2):
        while not shown.endswith(b": "):
            shown += os.read(ours, 1024)
        os.write(ours, f"{PASSWORD}\n".encode())
        shown += b"\n"
    try:
        while chunk := os.read(ours, 1024):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    assert process.wait(60) == 0, shown
    os.close(ours)
    assert PASSWORD not in shown.decode()
    assert lets_in(shop, "王芳", PASSWORD)
