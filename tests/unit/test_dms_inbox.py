"""notifier/dms/inbox.py: what may be taken from the folder, and that nothing is ever lost or overwritten in it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.dms.inbox import (
    DONE,
    PAPERS,
    REJECTED,
    TRIES,
    Claimed,
    FolderWatch,
    Mark,
    claim,
    folder_lock,
    leftovers,
    move_new,
    put_back,
    shelf,
    take_up,
)
from notifier.errors import BadInput, Refused

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def later(minutes: float) -> datetime:
    """So many minutes past noon."""
    return NOON + minutes * MINUTE


def taken(folder: Path, name: str) -> Claimed:
    """A file, claimed as it lies there."""
    watch = FolderWatch(folder, MINUTE)
    watch.look(NOON)
    claimed = claim(folder, name, watch.look(later(1)).ready[name])
    assert claimed is not None
    return claimed


# Looking


def test_a_file_is_ready_when_it_has_lain_unchanged_for_long_enough(tmp_path: Path) -> None:
    """One look never tells; neither does a second one too soon."""
    (tmp_path / "客户.csv").write_text("VIN\n", "utf-8")
    watch = FolderWatch(tmp_path, MINUTE)
    looks = [watch.look(later(minutes)) for minutes in (0, 0.5, 1)]
    assert [sorted(look.ready) for look in looks] == [[], [], ["客户.csv"]]
    assert [look.settling for look in looks] == [("客户.csv",), ("客户.csv",), ()]


def test_a_copy_under_way_is_left_alone(tmp_path: Path) -> None:
    """It grows, or it is written at its full size and only its time moves on."""
    file = tmp_path / "visits.csv"
    watch = FolderWatch(tmp_path, MINUTE)
    for minute in range(5):
        file.write_text("x" * minute, "utf-8")
        assert not watch.look(later(minute)).ready
    for minute in range(5, 9):
        os.utime(file, (minute, minute))
        assert not watch.look(later(minute)).ready
    assert "visits.csv" in watch.look(later(9)).ready


def test_a_clock_set_back_makes_nothing_ready(tmp_path: Path) -> None:
    """It only takes longer."""
    (tmp_path / "a.csv").touch()
    watch = FolderWatch(tmp_path, MINUTE)
    watch.look(NOON)
    assert not watch.look(later(-60)).ready


@pytest.mark.parametrize(
    "name",
    ["~$客户.xlsx", ".~lock.a.csv#", ".hidden.csv", "a.csv.tmp", "a.csv.PART", "a.xlsx.crdownload", "a.csv.filepart",
     "a.partial", "mapping.yaml", "visits.mapping.yml", "Thumbs.db", "desktop.ini"],
)  # fmt: skip
def test_what_is_never_data_is_not_even_waited_for(tmp_path: Path, name: str) -> None:
    """Half-copied files, locks, mappings, the system's own."""
    (tmp_path / name).touch()
    assert FolderWatch(tmp_path, MINUTE).look(NOON).settling == ()


def test_folders_links_and_pipes_are_passed_over_by_name(tmp_path: Path) -> None:
    """A link could lead anywhere; our own subfolders are no news."""
    outside = tmp_path / "secret.csv"
    outside.write_text("VIN\n", "utf-8")
    inbox = tmp_path / "inbox"
    for name in ("old", "working", "done", "rejected"):
        (inbox / name).mkdir(parents=True)
    (inbox / "link.csv").symlink_to(outside)
    os.mkfifo(inbox / "pipe.csv")
    watch = FolderWatch(inbox, MINUTE)
    watch.look(NOON)
    look = watch.look(later(1))
    assert (look.ready, look.passed_over) == ({}, ("link.csv", "old", "pipe.csv"))


@pytest.mark.parametrize("make", [Path.touch, lambda path: None], ids=["a file", "nothing"])
def test_what_is_no_folder_is_one_sentence(tmp_path: Path, make: object) -> None:
    """A share that is not mounted must not look like an empty folder."""
    inbox = tmp_path / "inbox"
    make(inbox)  # type: ignore[operator]
    with pytest.raises(BadInput, match="inbox cannot be worked in"):
        FolderWatch(inbox, MINUTE).look(NOON)
    with pytest.raises(BadInput, match="inbox cannot be worked in"), folder_lock(inbox):
        pass
    assert not inbox.is_dir()


def test_ten_thousand_files_are_looked_through(tmp_path: Path) -> None:
    """Somebody has dropped a whole disk."""
    for number in range(10_000):
        (tmp_path / f"{number}.csv").touch()
    watch = FolderWatch(tmp_path, MINUTE)
    watch.look(NOON)
    assert len(watch.look(later(1)).ready) == 10_000


# Taking and giving back


def test_a_file_is_taken_once(tmp_path: Path) -> None:
    """By moving it; whoever comes second finds nothing."""
    (tmp_path / "a.csv").write_text("VIN\n", "utf-8")
    mark = Mark((tmp_path / "a.csv").stat().st_size, (tmp_path / "a.csv").stat().st_mtime_ns)
    with folder_lock(tmp_path):
        first, second = claim(tmp_path, "a.csv", mark), claim(tmp_path, "a.csv", mark)
    assert first is not None
    assert second is None
    assert first.path == tmp_path / "working" / "1" / "a.csv"
    assert first.is_as_it_was


def test_a_file_that_changed_since_it_was_seen_stays(tmp_path: Path) -> None:
    """It is looked at anew."""
    (tmp_path / "a.csv").write_text("VIN\n", "utf-8")
    with folder_lock(tmp_path):
        assert claim(tmp_path, "a.csv", Mark(1, 1)) is None
    assert (tmp_path / "a.csv").exists()


def test_a_link_put_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    """Between the look and the taking."""
    outside, inbox = tmp_path / "secret.csv", tmp_path / "inbox"
    inbox.mkdir()
    outside.write_text("VIN\n", "utf-8")
    (inbox / "a.csv").symlink_to(outside)
    with folder_lock(inbox):
        assert claim(inbox, "a.csv", Mark(outside.stat().st_size, outside.stat().st_mtime_ns)) is None
    assert outside.exists()


def test_what_somebody_left_behind_is_counted_up(tmp_path: Path) -> None:
    """Each taking up is one try; the last number stays, so that a file is never out of sight."""
    (tmp_path / "a.csv").touch()
    with folder_lock(tmp_path):
        claimed = taken(tmp_path, "a.csv")
        tries = []
        for _ in range(TRIES + 2):
            (left,) = leftovers(tmp_path)
            claimed = take_up(tmp_path, left) or claimed
            tries.append(claimed.tries)
    assert tries == [2, 3, 4, 5, 6, 6, 6]
    assert FolderWatch(tmp_path, MINUTE).look(NOON).left_behind


def test_what_is_put_back_never_replaces_what_came_meanwhile(tmp_path: Path) -> None:
    """It gets a name of its own."""
    (tmp_path / "a.csv").write_text("old", "utf-8")
    with folder_lock(tmp_path):
        claimed = taken(tmp_path, "a.csv")
        (tmp_path / "a.csv").write_text("new", "utf-8")
        put_back(tmp_path, claimed)
        put_back(tmp_path, claimed)  # gone already: nothing to do
    assert (tmp_path / "a.csv").read_text("utf-8") == "new"
    assert (tmp_path / "a-2.csv").read_text("utf-8") == "old"


def test_one_worker_at_a_time(tmp_path: Path) -> None:
    """The second is refused, and may come again when the first has ended."""
    with folder_lock(tmp_path), pytest.raises(Refused, match="Another process"), folder_lock(tmp_path):
        pass
    with folder_lock(tmp_path):
        pass


@pytest.mark.parametrize("name", ["working", "done", "rejected"])
def test_a_place_of_ours_that_is_something_else_is_one_sentence(tmp_path: Path, name: str) -> None:
    """A file of that name, or a link that leads elsewhere."""
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (inbox / name).symlink_to(elsewhere)
    with pytest.raises(BadInput, match=name), folder_lock(inbox):
        pass
    (inbox / name).unlink()
    (inbox / name).touch()
    with pytest.raises(BadInput, match=name), folder_lock(inbox):
        pass


def test_a_folder_that_may_not_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    """Nothing is imported that could not be filed. Root may write anywhere but where the system says no to all."""
    folder = tmp_path if os.geteuid() else Path("/proc/self/task")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(BadInput, match="allowed to read and write"), folder_lock(folder):
            pass
    finally:
        tmp_path.chmod(0o700)


# Filing


def test_moving_never_overwrites(tmp_path: Path) -> None:
    """Both files are still there."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1", "utf-8")
    other.write_text("2", "utf-8")
    with pytest.raises(FileExistsError):
        move_new(one, other)
    assert (one.read_text("utf-8"), other.read_text("utf-8")) == ("1", "2")


def test_done_files_lie_by_month_and_rejected_ones_together(tmp_path: Path) -> None:
    """Under a name nobody has, papers included."""
    with folder_lock(tmp_path):
        first = shelf(tmp_path, DONE, "客户.csv", NOON)
        assert first == tmp_path / "done" / "2026-03" / "20260310-040000-客户.csv"
        for number, paper in enumerate(PAPERS, start=2):
            chosen = shelf(tmp_path, DONE, "客户.csv", NOON)
            chosen.with_name(f"{chosen.name}{paper}").touch()
            assert shelf(tmp_path, DONE, "客户.csv", NOON).name == f"20260310-040000-{number}-客户.csv"
        assert shelf(tmp_path, REJECTED, "客户.csv", NOON) == tmp_path / "rejected" / "20260310-040000-客户.csv"
