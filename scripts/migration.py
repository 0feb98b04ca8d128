"""Writes the next migration from the difference between db/versions and notifier/store/tables/.

    python scripts/migration.py "add the loyalty table"   the next step; programs of the step before can work with it
    python scripts/migration.py --breaks "drop points"    the next step, which they cannot
    python scripts/migration.py --initial                 before the first release only: writes 0001 anew

Read what it wrote before you commit it: it cannot know about data that has to move.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from notifier.store.engine import Store
from notifier.store.migrations import MIGRATIONS_DIR, alembic_config, head, upgrade

VERSIONS_DIR = MIGRATIONS_DIR / "versions"


def write_migration(title: str, number: str) -> Path:
    """Write ``db/versions/<number>_<title>.py`` against an empty database brought to the present head."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(f"sqlite:///{scratch}/scratch.sqlite3")
        if head() is not None:
            upgrade(store)
        with store.engine.connect() as connection:
            config = alembic_config(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            script = command.revision(config, title, autogenerate=True, rev_id=number)
        store.close()
    assert script is not None
    assert not isinstance(script, list)
    return Path(script.path)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("title", nargs="?", help="what changes, in a few words")
    parser.add_argument("--breaks", action="store_true", help="the release before cannot work with the new schema")
    what.add_argument("--initial", action="store_true", help="write the first migration anew (unreleased only)")
    wanted = parser.parse_args()
    if wanted.initial:
        later = sorted(VERSIONS_DIR.glob("000[2-9]_*.py"))
        if later:
            print(f"{later[0].name} builds on the first migration; it cannot be written anew.", file=sys.stderr)
            return 1
        for old in VERSIONS_DIR.glob("0001_*.py"):
            old.unlink()
    number = f"{len(list(VERSIONS_DIR.glob('[0-9]*.py'))) + 1:04d}"
    if not wanted.initial and not wanted.breaks:
        number = f"{number}_since_{int(number) - 1:04d}"
    path = write_migration("initial" if wanted.initial else wanted.title, number)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", str(path)], check=True)
    print(f"wrote {path.relative_to(MIGRATIONS_DIR.parent)}: read it, then run make test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
