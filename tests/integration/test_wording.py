"""Drafts, review and publishing of wordings: nothing is lost, and file and console are one truth."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifier.errors import BadInput, NotFound, Refused, TemplateError
from notifier.gateways.base import Capabilities
from notifier.jobs.texts import publish_folder
from notifier.jobs.wording import (
    DraftConflict,
    Hand,
    Shelf,
    drop,
    look,
    make_draft,
    may_publish,
    rebase,
    save_draft,
    starting_source,
    submit,
    take_back,
)
from notifier.jobs.wording_check import Bench
from notifier.jobs.wording_publish import BehindLive, FileConflict, publish, take_up_file, write_live_to_file
from notifier.store.audit import entries
from notifier.store.engine import Store
from notifier.store.template_drafts import change_draft, open_draft, versions
from notifier.store.templates import one_at_a_time, publish_all
from notifier.store.users import insert_user
from notifier.templating import ShopFacts

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
FIRST = "---\ntitle: 保养\nkind: service\n---\n{{ 客户.称呼 }}您好，该保养了。\n"
SECOND = FIRST.replace("该保养了", "可以预约保养了")
THIRD = FIRST.replace("该保养了", "欢迎来店保养")
BROKEN = FIRST.replace("客户.称呼", "客户.称乎")


@dataclass(frozen=True)
class Clerk:
    """Somebody at the console."""

    id: int
    name: str


@pytest.fixture
def chen(store: Store) -> Clerk:
    """Chen Xiaofang, who writes."""
    return clerk(store, "陈晓芳")


@pytest.fixture
def lin(store: Store) -> Clerk:
    """Lin Wei, who looks at what Chen writes."""
    return clerk(store, "林伟")


def clerk(store: Store, name: str) -> Clerk:
    with store.write() as session:
        user_id = insert_user(session, name=name, login=name, role="marketing", shop_id=None, at=NOW)
    assert user_id is not None
    return Clerk(user_id, name)


@pytest.fixture
def shelf(store: Store, tmp_path: Path) -> Shelf:
    """A folder with one text, which is live."""
    put(tmp_path, FIRST)
    publish_folder(store, tmp_path)
    return Shelf(store, tmp_path)


def put(folder: Path, source: str, *, age: timedelta = timedelta(0)) -> Path:
    """Write the file as somebody with an editor would, `age` ago."""
    file = folder / "zh-CN" / "care.j2"
    file.parent.mkdir(exist_ok=True)
    file.write_text(source, encoding="utf-8", newline="")
    if age:
        then = (datetime.now(UTC) - age).timestamp()
        os.utime(file, (then, then))
    return file


def hand(shelf: Shelf, who: Clerk, name: str = "care", language: str = "zh-CN") -> Hand:
    return Hand(shelf, name, language, who, NOW)


def live(shelf: Shelf) -> tuple[int, str, str | None]:
    found = look(shelf, "care", "zh-CN").live
    assert found is not None
    return found.version, found.source, found.published_by


def actions(shelf: Shelf) -> list[str]:
    with shelf.store.read() as session:
        return [entry.action for entry in reversed(entries(session))]


def test_a_draft_becomes_the_live_version_and_the_file(shelf: Shelf, chen: Clerk) -> None:
    """Chen writes, saves twice and publishes: the file and the second version say her words, under her name."""
    (shelf.folder / "zh-CN" / "care.j2").chmod(0o640)
    draft = save_draft(hand(shelf, chen), THIRD, 0)
    draft = save_draft(hand(shelf, chen), SECOND, draft.revision)
    assert publish(hand(shelf, chen), draft.revision) == 2
    assert live(shelf) == (2, SECOND, "陈晓芳")
    file = shelf.folder / "zh-CN" / "care.j2"
    assert file.read_text(encoding="utf-8") == SECOND
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [each.name for each in file.parent.iterdir()] == ["care.j2"]
    assert look(shelf, "care", "zh-CN").draft is None
    assert actions(shelf) == ["template.draft", "template.save", "template.publish"]
    assert (publish_folder(shelf.store, shelf.folder), live(shelf)[0]) == ([], 2)


def test_words_that_nobody_should_be_sent_are_not_published(shelf: Shelf, chen: Clerk) -> None:
    """A valid template that writes its own way out, or asks what the campaign cannot know: refused with the sentence,
    by whatever screen it comes, and what is live stays."""
    wrong = FIRST.replace("该保养了", "该保养了，回复TD退订")
    draft = save_draft(hand(shelf, chen), wrong, 0)
    bench = Bench(ShopFacts("东南", "0595", "东南泉州"), Capabilities(two_way=True, links=True), 45_000, "CNY")
    for measured in (None, bench):
        with pytest.raises(TemplateError, match="the way out is added for you"):
            publish(hand(shelf, chen), draft.revision, bench=measured)
        with pytest.raises(TemplateError, match=r"zh-CN/care.j2, line 5: .* Nothing was published\."):
            submit(hand(shelf, chen), draft.revision, bench=measured)
    assert live(shelf) == (1, FIRST, None)
    assert actions(shelf) == ["template.draft"]


def test_a_changed_file_is_written_down_as_nobody_s_doing(shelf: Shelf) -> None:
    """What the daemon takes up from the disk stands in the log with both texts; the folder of a new house does not."""
    assert actions(shelf) == []
    put(shelf.folder, SECOND)
    publish_folder(shelf.store, shelf.folder)
    publish_folder(shelf.store, shelf.folder)
    with shelf.store.read() as session:
        (entry,) = entries(session)
    assert (entry.action, entry.subject, entry.who, entry.user_id) == ("template.new_file", "zh-CN/care", "", None)
    assert entry.before == {"version": 1, "text": FIRST}
    assert entry.after == {"version": 2, "text": SECOND}


def test_the_second_of_two_editors_is_told_and_loses_nothing(shelf: Shelf, chen: Clerk, lin: Clerk) -> None:
    """Chen and Lin open one draft; Lin saves first, so Chen's save is refused with Lin's words, name and time."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    save_draft(hand(shelf, lin), THIRD, draft.revision)
    with pytest.raises(DraftConflict, match="林伟") as refused:
        save_draft(hand(shelf, chen), SECOND + "!", draft.revision)
    assert refused.value.theirs is not None
    assert (refused.value.theirs.source, refused.value.theirs.changed_at) == (THIRD, NOW)
    assert look(shelf, "care", "zh-CN").source == THIRD
    with pytest.raises(DraftConflict):
        save_draft(hand(shelf, chen), SECOND, 0)
    drop(hand(shelf, lin), refused.value.theirs.revision)
    with pytest.raises(DraftConflict) as gone:
        save_draft(hand(shelf, chen), SECOND, 2)
    assert gone.value.theirs is None


@pytest.mark.parametrize("source", [SECOND + "\x00", SECOND + "\ud83d", SECOND * 500])
def test_what_no_database_takes_is_refused_in_a_sentence(shelf: Shelf, chen: Clerk, source: str) -> None:
    """A browser can send half a character, and a clipboard a book."""
    with pytest.raises(TemplateError):
        save_draft(hand(shelf, chen), source, 0)
    with pytest.raises(TemplateError):
        make_draft(hand(shelf, chen, name="winter"), source)
    assert look(shelf, "care", "zh-CN").draft is None


def test_a_save_without_a_change_is_none(shelf: Shelf, chen: Clerk) -> None:
    """Saving what is saved keeps the revision and writes no line into the audit log."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    assert save_draft(hand(shelf, chen), SECOND, draft.revision) == draft
    assert actions(shelf) == ["template.draft"]


def test_a_second_person_publishes_where_the_setting_asks_for_it(
    store: Store, shelf: Shelf, chen: Clerk, lin: Clerk
) -> None:
    """Chen's words go live by Lin only: not by Chen, not before they were handed in, not by Lin once he edited them."""
    careful = Shelf(store, shelf.folder, needs_second_person=True)
    draft = save_draft(hand(careful, chen), SECOND, 0)
    with pytest.raises(Refused, match="review first"):
        publish(hand(careful, lin), draft.revision)
    draft = submit(hand(careful, chen), draft.revision)
    with pytest.raises(Refused, match="somebody other than 陈晓芳"):
        publish(hand(careful, chen), draft.revision)
    with pytest.raises(Refused, match="waits for its review"):
        save_draft(hand(careful, lin), THIRD, draft.revision)
    assert (may_publish(careful, draft, chen), may_publish(careful, draft, lin)) == (False, True)
    draft = take_back(hand(careful, lin), draft.revision)
    draft = save_draft(hand(careful, lin), THIRD, draft.revision)
    draft = submit(hand(careful, chen), draft.revision)
    with pytest.raises(Refused, match="林伟, who wrote it"):
        publish(hand(careful, lin), draft.revision)
    draft = submit(hand(careful, clerk(store, "王强")), draft.revision)
    assert publish(hand(careful, chen), draft.revision) == 2
    assert live(shelf) == (2, THIRD, "陈晓芳")


def test_a_broken_draft_is_not_published(shelf: Shelf, chen: Clerk) -> None:
    """A field nobody knows may stand in a draft, and goes neither into review nor live."""
    draft = save_draft(hand(shelf, chen), BROKEN, 0)
    with pytest.raises(TemplateError, match=r"客户\.称呼"):
        submit(hand(shelf, chen), draft.revision)
    with pytest.raises(TemplateError, match=r"客户\.称呼"):
        publish(hand(shelf, chen), draft.revision)
    assert live(shelf)[0] == 1


def test_a_file_edited_meanwhile_is_not_overwritten(shelf: Shelf, chen: Clerk) -> None:
    """Somebody saved the file by hand: publishing is refused with both texts until one of them has been chosen."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    file = put(shelf.folder, THIRD)
    with pytest.raises(FileConflict) as refused:
        publish(hand(shelf, chen), draft.revision)
    assert (refused.value.file_source, refused.value.live_source, refused.value.file.state) == (THIRD, FIRST, "edited")
    assert file.read_text(encoding="utf-8") == THIRD
    assert take_up_file(hand(shelf, chen), refused.value.file) == 2
    with pytest.raises(BehindLive, match="Version 2") as behind:
        publish(hand(shelf, chen), draft.revision)
    assert (behind.value.live.source, behind.value.draft.source) == (THIRD, SECOND)
    draft = rebase(hand(shelf, chen), draft.revision)
    assert publish(hand(shelf, chen), draft.revision) == 3
    assert file.read_text(encoding="utf-8") == SECOND


@pytest.mark.parametrize("broken", [BROKEN.encode(), "---\ntitle: 保养\nkind: service\n---\n您好".encode("gb18030")])
def test_a_refused_file_is_not_overwritten_either(shelf: Shelf, chen: Clerk, broken: bytes) -> None:
    """A file with a mistake in it, or not in UTF-8, is somebody's work: it stays until Chen has looked at it."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    file = shelf.folder / "zh-CN" / "care.j2"
    file.write_bytes(broken)
    with pytest.raises(FileConflict) as refused:
        publish(hand(shelf, chen), draft.revision)
    assert refused.value.file.state == "refused"
    with pytest.raises(TemplateError):
        take_up_file(hand(shelf, chen), refused.value.file)
    assert file.read_bytes() == broken
    write_live_to_file(hand(shelf, chen), refused.value.file)
    assert file.read_text(encoding="utf-8") == FIRST
    assert publish(hand(shelf, chen), draft.revision) == 2


def test_words_nobody_has_read_are_not_decided_about(shelf: Shelf, chen: Clerk) -> None:
    """While Chen looks at the two texts the file is saved once more: whatever she chooses is asked anew."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    file = put(shelf.folder, THIRD)
    with pytest.raises(FileConflict) as shown:
        publish(hand(shelf, chen), draft.revision)
    newest = put(shelf.folder, THIRD + "谢谢\n").read_bytes()
    for choose in (take_up_file, write_live_to_file):
        with pytest.raises(FileConflict):
            choose(hand(shelf, chen), shown.value.file)
    with pytest.raises(FileConflict) as shown_again:
        publish(hand(shelf, chen), draft.revision, over=shown.value.file)
    assert file.read_bytes() == newest
    assert publish(hand(shelf, chen), draft.revision, over=shown_again.value.file) == 2
    assert file.read_text(encoding="utf-8") == SECOND
    with shelf.store.read() as session:
        given_up = entries(session, action="template.write_file")
    assert [each.after for each in given_up] == [None]
    assert [(each.before or {})["file"] for each in given_up] == [newest.decode()]


def test_a_look_at_the_folder_that_comes_late_undoes_nothing(shelf: Shelf, chen: Clerk) -> None:
    """The daemon has read the file, waits for its turn to publish, and meanwhile Chen publishes other words."""
    file = put(shelf.folder, THIRD)
    daemon = threading.Thread(target=publish_folder, args=(shelf.store, shelf.folder))
    with shelf.store.write() as session:
        one_at_a_time(session)
        daemon.start()
        daemon.join(0.5)  # it has read the file by then, and cannot go on
        assert daemon.is_alive()
        file.write_text(SECOND, encoding="utf-8")
        publish_all(session, {("care", "zh-CN"): SECOND})
    daemon.join()
    assert live(shelf)[:2] == (2, SECOND)


def test_a_text_that_was_never_live_is_published_over_a_broken_file(shelf: Shelf, chen: Clerk) -> None:
    """There is nothing live to put back; knowingly, her words take the place of the file's."""
    new = replace(hand(shelf, chen), name="winter")
    draft = make_draft(new, SECOND)
    file = shelf.folder / "zh-CN" / "winter.j2"
    file.write_text(BROKEN, encoding="utf-8")
    with pytest.raises(FileConflict) as shown:
        publish(new, draft.revision)
    assert publish(new, draft.revision, over=shown.value.file) == 1
    assert file.read_text(encoding="utf-8") == SECOND


def test_an_old_copy_does_not_undo_what_the_console_published(shelf: Shelf, chen: Clerk) -> None:
    """A restored backup of the first version is reported with its mend; the same words saved anew are a new version."""
    publish(hand(shelf, chen), save_draft(hand(shelf, chen), SECOND, 0).revision)
    put(shelf.folder, FIRST, age=timedelta(hours=1))
    (problem,) = publish_folder(shelf.store, shelf.folder)
    assert "version 1" in str(problem)
    assert "version 2" in str(problem)
    assert live(shelf)[:2] == (2, SECOND)
    assert look(shelf, "care", "zh-CN").file.state == "stale"
    draft = save_draft(hand(shelf, chen), THIRD, 0)
    with pytest.raises(FileConflict):
        publish(hand(shelf, chen), draft.revision)
    put(shelf.folder, FIRST)
    assert publish_folder(shelf.store, shelf.folder) == []
    assert live(shelf) == (3, FIRST, None)


def test_a_crash_after_the_file_is_healed_by_the_next_look(shelf: Shelf, chen: Clerk) -> None:
    """Killed between file and version: the daemon's next look ends it, under Chen's name and with the draft closed."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    with shelf.store.write() as session:
        found = open_draft(session, "care", "zh-CN", to_change=True)
        assert found is not None
        change_draft(session, found, publishing_by=chen.name, publishing_by_id=chen.id)
    put(shelf.folder, SECOND)
    assert publish_folder(shelf.store, shelf.folder) == []
    assert live(shelf) == (2, SECOND, "陈晓芳")
    assert look(shelf, "care", "zh-CN").draft is None
    assert actions(shelf) == ["template.draft", "template.publish"]
    with pytest.raises(DraftConflict):
        publish(hand(shelf, chen), draft.revision)


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from notifier.jobs.wording import Hand, Shelf
from notifier.jobs.wording_publish import publish
from notifier.store.engine import Store
url, folder, user, revision = sys.argv[1:]
chen = SimpleNamespace(id=int(user), name="陈晓芳")
publish(Hand(Shelf(Store(url), Path(folder)), "care", "zh-CN", chen, datetime.now(UTC)), int(revision))
"""


def test_a_process_killed_while_it_publishes_leaves_one_truth(shelf: Shelf, chen: Clerk) -> None:
    """A real process, a real SIGKILL between the file and the COMMIT behind it: the next look makes both agree."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    url = shelf.store.engine.url.render_as_string(hide_password=False)
    told = [sys.executable, "-c", KILLED, url, str(shelf.folder), str(chen.id), str(draft.revision)]
    died = subprocess.run(
        told, env={**os.environ, "NOTIFIER_CRASH_AT": "template.publish.before_commit"}, timeout=60, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert (shelf.folder / "zh-CN" / "care.j2").read_text(encoding="utf-8") == SECOND
    assert live(shelf)[0] == 1
    assert publish_folder(shelf.store, shelf.folder) == []
    assert live(shelf) == (2, SECOND, "陈晓芳")
    assert look(shelf, "care", "zh-CN").draft is None
    assert actions(shelf) == ["template.draft", "template.publish"]


def test_a_publication_may_be_tried_again_after_a_crash(shelf: Shelf, chen: Clerk) -> None:
    """The file holds the draft's own words already: that is no conflict."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    put(shelf.folder, SECOND)
    assert publish(hand(shelf, chen), draft.revision) == 2
    assert live(shelf) == (2, SECOND, "陈晓芳")


def test_a_folder_that_takes_no_files_is_refused_in_a_sentence(shelf: Shelf, chen: Clerk) -> None:
    """Nothing is live that its file does not say: where it cannot be written nothing is published."""
    draft = save_draft(hand(shelf, chen), SECOND, 0, note="春季")
    file = shelf.folder / "zh-CN" / "care.j2"
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("not a folder")
    with pytest.raises(Refused, match="nothing was published"):
        publish(hand(shelf, chen), draft.revision)
    kept = look(shelf, "care", "zh-CN").draft
    assert kept is not None
    assert (kept.source, kept.publishing_by, live(shelf)[0]) == (SECOND, None, 1)


def test_a_new_template_and_a_new_language_get_their_file(shelf: Shelf, chen: Clerk) -> None:
    """A name nobody used, and English for a Chinese text: both are written where the daemon looks for them."""
    english = starting_source(shelf, "care", "en")
    assert english.startswith("---\ntitle: 保养\nkind: service\n---\nDear")
    draft = make_draft(hand(shelf, chen, language="en"), english + "Time for a service.")
    assert publish(hand(shelf, chen, language="en"), draft.revision) == 1
    draft = make_draft(hand(shelf, chen, name="冬季检测"), FIRST)
    assert publish(hand(shelf, chen, name="冬季检测"), draft.revision) == 1
    assert (shelf.folder / "zh-CN" / "冬季检测.j2").read_text(encoding="utf-8") == FIRST
    with pytest.raises(Refused, match="already"):
        make_draft(hand(shelf, chen), FIRST)


@pytest.mark.parametrize(("name", "language"), [
    ("../care", "zh-CN"), ("", "zh-CN"), ("a/b", "zh-CN"), (".care", "zh-CN"), ("care", ".."), ("care", "zh/CN"),
    ("x" * 61, "zh-CN"), ("care", ""), ("care\n", "en\n"),
])  # fmt: skip
def test_a_name_that_would_leave_the_folder_is_refused(shelf: Shelf, chen: Clerk, name: str, language: str) -> None:
    """A name becomes a file's name, so it holds letters, digits and _ and nothing else."""
    if name.strip() == "care" and language.strip() == "en":
        assert make_draft(hand(shelf, chen, name=name, language=language), FIRST).name == "care"
        return
    with pytest.raises(BadInput):
        make_draft(hand(shelf, chen, name=name, language=language), FIRST)
    with pytest.raises(NotFound):
        look(shelf, name, language)


def test_only_one_draft_is_open_and_a_saved_one_survives_the_publication_of_another(
    shelf: Shelf, chen: Clerk, lin: Clerk
) -> None:
    """Lin saves while Chen's publication is under way: Chen's words go live, Lin's stay in an open draft."""
    draft = save_draft(hand(shelf, chen), SECOND, 0)
    with shelf.store.write() as session:
        found = open_draft(session, "care", "zh-CN", to_change=True)
        assert found is not None
        change_draft(session, found, publishing_by=chen.name, publishing_by_id=chen.id)
    put(shelf.folder, SECOND)
    save_draft(hand(shelf, lin), THIRD, draft.revision)
    publish_folder(shelf.store, shelf.folder)
    opened = look(shelf, "care", "zh-CN")
    assert (opened.source, opened.is_behind, live(shelf)[:2]) == (THIRD, True, (2, SECOND))


def test_every_word_ever_live_is_kept(shelf: Shelf, chen: Clerk) -> None:
    """Each publication is a version; exactly one of them is live."""
    for source in (SECOND, THIRD, FIRST):
        publish(hand(shelf, chen), save_draft(hand(shelf, chen), source, 0).revision)
    with shelf.store.read() as session:
        known = versions(session, "care", "zh-CN")
        drafts = session.execute(sa.text("SELECT count(*) FROM template_draft WHERE state = 'published'")).scalar_one()
    assert [(each.version, each.live) for each in known] == [(4, True), (3, False), (2, False), (1, False)]
    assert drafts == 3
