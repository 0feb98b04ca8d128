"""Commands as a person starts them: Python anew for each, so that each imports by itself what it needs."""

from __future__ import annotations

import pytest

from tests.support.cli_shop import CliShop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> CliShop:
    """An installation with a database and nobody in it."""
    made = CliShop(tmp_path_factory.mktemp("start"), starts_anew=True)
    made.run("db", "upgrade")
    return made


@pytest.mark.parametrize(
    "words, code",
    [
        ("templates check", 0), ("schedules next", 0), ("runs list", 0), ("complaints list", 0), ("unknown list", 0),
        ("status", 0), ("sync", 1),
    ],
)  # fmt: skip
def test_a_command_needs_no_other_before_it(shop: CliShop, words: str, code: int) -> None:
    """The whole way (test_cli_way.py) starts import, plan, send, reconcile, attribute, report and explain so."""
    done = shop.run(*words.split(), code=code)
    assert done.stderr if code and not done.stdout else done.stdout


def test_a_prepared_command_is_the_same_command(shop: CliShop) -> None:
    """Folder, settings, streams, language and code: forked by a process that has imported Notifier, as started anew."""
    for words, code in (("doctor", 1), ("no such command", 2)):
        prepared = CliShop(shop.folder, settings=shop.settings).run(*words.split(), code=code)
        anew = shop.run(*words.split(), code=code)
        assert (prepared.stdout, prepared.stderr) == (anew.stdout, anew.stderr)
