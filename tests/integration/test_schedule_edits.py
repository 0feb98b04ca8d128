"""Saving schedules.yaml from a form: nobody's work is lost, it is written down, and the daemon takes it up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from notifier.config import load_settings
from notifier.errors import NotFound, Refused
from notifier.jobs.schedule_edits import GUARDS, ChangedMeanwhile, ScheduleDesk, Subject, set_enabled
from notifier.schedules import ScheduleProblems
from notifier.schedules.editing import campaign_changes, entry_of, guard_changes, guards_of, new_campaign, removal
from notifier.schedules.place import replace_file
from notifier.schedules.trees import Tree
from notifier.store.audit import Actor
from notifier.store.campaigns import KnownCampaign, keep_share, mark_seen, note_switched_off
from notifier.store.shops import keep_shop
from notifier.wiring import House
from tests.support.prepared_cli import ROOT

SHIPPED = (ROOT / "schedules.yaml").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 20, 2, 30, tzinfo=UTC)
LIN, ZHOU = Actor("林静"), Actor("周海")


@pytest.fixture
def house(store_url: str, tmp_path: Path) -> Iterator[House]:
    """An installation with the shipped schedules and wordings, once on each database."""
    file = tmp_path / "schedules.yaml"
    file.write_text(SHIPPED, encoding="utf-8")
    environ = {
        "NOTIFIER_DATABASE_URL": store_url, "NOTIFIER_SECRET_KEY": "a-key-for-tests-that-is-long-enough",
        "NOTIFIER_SCHEDULES": str(file), "NOTIFIER_TEMPLATES": str(ROOT / "templates" / "sms"),
    }  # fmt: skip
    made = House(load_settings(environ, env_file=None))
    made.live_schedules  # noqa: B018 — the daemon is up: it has read the file
    yield made
    made.close()


@pytest.fixture
def desk(house: House) -> ScheduleDesk:
    """Where its schedules.yaml is changed."""
    return ScheduleDesk(house.store, house.settings.schedules)


def save(desk: ScheduleDesk, key: str, by: Actor = LIN, /, **values: Tree) -> None:
    """Open the file, change keys of a campaign, save."""
    opened = desk.open()
    changes = campaign_changes(opened.tree, key, {**entry_of(opened.tree, key), **values})
    desk.save(opened, changes, Subject(key), by, NOW)


def test_a_saved_change_is_taken_up_by_the_daemon(house: House, desk: ScheduleDesk) -> None:
    """The file is written, every comment kept; the running house has it at its next look; the log says who it was."""
    save(desk, "birthday", when="0 9 * * *")
    text = desk.path.read_text(encoding="utf-8")
    assert text == SHIPPED.replace('"30 9 * * *"  ', '"0 9 * * *"   ', 1)
    change = house.live_schedules.refresh()
    assert change is not None
    assert change.problem is None
    assert house.schedules.campaign("birthday").when == "0 9 * * *"
    assert house.live_schedules.refresh() is None
    [entry] = desk.history()
    assert (entry.who, entry.action, entry.subject_type, entry.subject) == (
        "林静", "schedules.edit", "schedules", "birthday",
    )  # fmt: skip
    assert entry.before is not None
    assert entry.after is not None
    assert entry.before["values"] == [[["campaigns", "birthday", "when"], "30 9 * * *"]]
    assert entry.after["values"] == [[["campaigns", "birthday", "when"], "0 9 * * *"]]
    assert entry.after["lines"] == [['    when: "0 9 * * *"                  # 每天 9:30 / every day']]


def test_the_second_of_two_people_is_told_and_loses_nothing(desk: ScheduleDesk) -> None:
    """Both differences are shown, with who it was; what does not clash can be laid over the newer file."""
    opened = desk.open()
    save(desk, "birthday", ZHOU, when="0 9 * * *")
    changes = campaign_changes(opened.tree, "winback", {**entry_of(opened.tree, "winback"), "control": "10%"})
    with pytest.raises(ChangedMeanwhile, match="changed by somebody else") as caught:
        desk.save(opened, changes, Subject("winback"), LIN, NOW)
    conflict = caught.value
    assert conflict.who == "周海"
    assert [line.text.strip()[:19] for line in conflict.theirs if line.sign == "+"] == ['when: "0 9 * * *"  ']
    assert [line.text.strip()[:12] for line in conflict.mine if line.sign == "+"] == ["control: 10%"]
    assert conflict.clashes == ()
    desk.save(conflict.now, changes, Subject("winback"), LIN, NOW)
    schedules = desk.open().schedules
    assert schedules.campaign("winback").control_bp == 1000
    assert schedules.campaign("birthday").when == "0 9 * * *"


def test_the_same_value_changed_by_both_is_a_clash(desk: ScheduleDesk) -> None:
    """An editor leaves no name; the value itself is named."""
    opened = desk.open()
    changes = campaign_changes(opened.tree, "winback", {**entry_of(opened.tree, "winback"), "control": "10%"})
    desk.path.write_text(SHIPPED.replace("control: 20%", "control: 30%"), encoding="utf-8")
    with pytest.raises(ChangedMeanwhile) as caught:
        desk.save(opened, changes, Subject("winback"), LIN, NOW)
    assert caught.value.who is None
    assert [change.path for change in caught.value.clashes] == [("campaigns", "winback", "control")]
    assert "control: 30%" in desk.path.read_text(encoding="utf-8")


def test_on_and_off(house: House, desk: ScheduleDesk) -> None:
    """Once switched, switching again writes nothing."""
    assert set_enabled(desk, "points", enabled=True, by=LIN, now=NOW).schedules.campaign("points").enabled
    assert house.live_schedules.refresh() is not None
    assert house.schedules.campaign("points").enabled
    assert set_enabled(desk, "points", enabled=True, by=LIN, now=NOW).lines == ()
    assert len(desk.history("points")) == 1
    with pytest.raises(NotFound):
        set_enabled(desk, "nobody", enabled=True, by=LIN, now=NOW)


def test_an_undo_brings_the_lines_back(desk: ScheduleDesk) -> None:
    """Comments on removed lines too; what others changed meanwhile stays; what was changed again is refused."""
    opened = desk.open()
    desk.save(opened, removal(opened.tree, "tips"), Subject("tips"), LIN, NOW)
    assert "冬季用车" not in desk.path.read_text(encoding="utf-8")
    [gone] = desk.history("tips")
    save(desk, "birthday", when="0 9 * * *")
    desk.undo(gone.id, ZHOU, NOW)
    assert desk.path.read_text(encoding="utf-8").endswith(SHIPPED[SHIPPED.index("  tips:") :])
    assert [(entry.who, entry.action) for entry in desk.history("tips")] == [
        ("周海", "schedules.undo"), ("林静", "schedules.edit"),
    ]  # fmt: skip
    [edited] = desk.history("birthday")
    save(desk, "birthday", when="0 8 * * *")
    with pytest.raises(Refused, match="cannot be undone"):
        desk.undo(edited.id, LIN, NOW)


def test_what_cannot_run_is_not_written(desk: ScheduleDesk) -> None:
    """A wrong value, a template nobody wrote: refused in a sentence, the file untouched."""
    for values, words in (
        ({"control": "viel"}, "percentage"),
        ({"template": "nobody_wrote_it"}, "names the template"),
    ):
        with pytest.raises(ScheduleProblems, match=words) as refused:
            save(desk, "winback", **values)
        assert words in refused.value.in_console()
    assert desk.path.read_text(encoding="utf-8") == SHIPPED
    assert desk.history() == []


def test_a_broken_file_is_told_before_anything_is_opened(desk: ScheduleDesk) -> None:
    """Somebody's half-finished edit is theirs to mend; no form writes over it."""
    desk.path.write_text(SHIPPED.replace("control: 20%", "control: viel"), encoding="utf-8")
    with pytest.raises(ScheduleProblems, match="line 56"):
        desk.open()


def test_the_file_keeps_its_rights_and_its_mark(desk: ScheduleDesk) -> None:
    """Mode, the mark editors on Windows put first, carriage returns, and the link it may be reached by."""
    real = desk.path.with_name("real.yaml")
    real.write_bytes(b"\xef\xbb\xbf" + SHIPPED.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    desk.path.unlink()
    desk.path.symlink_to(real)
    save(desk, "birthday", when="0 9 * * *")
    assert desk.path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    written = real.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf#")
    assert written.count(b"\r\n") == SHIPPED.count("\n") == written.count(b"\n")
    assert [path.name for path in desk.path.parent.glob(".*.yaml*")] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become somebody who may not write")
def test_a_file_that_may_not_be_written_is_told(desk: ScheduleDesk, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before the form opens, in a sentence with the mend; a folder that may not be written is no hindrance."""
    folder = tmp_path_factory.getbasetemp()
    paths = [desk.path.parent, *(each for each in desk.path.parents if folder.is_relative_to(each) or each == folder)]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(Refused, match=r"cannot be written.*account Notifier runs under"):
            desk.open()
        os.seteuid(0)
        desk.path.chmod(0o666)
        opened = desk.open()
        os.seteuid(65534)
        replace_file(opened.file.path, "shorter\n")
    finally:
        os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)
    assert desk.path.read_text(encoding="utf-8") == "shorter\n"


def test_what_follows_is_said_before_saving(house: House, desk: ScheduleDesk) -> None:
    """From what the database knows: drawn this year, off for long, run before."""
    with house.store.write() as session:
        shop_id = keep_shop(session, house.schedules.shops[0])
        mark_seen(session, shop_id, KnownCampaign("winback", "winback", "winback"), floor_on=None)
        keep_share(session, shop_id, "winback", "2026", 2000)
        keep_share(session, shop_id, "universal", "2026", 500)
        mark_seen(session, shop_id, KnownCampaign("points", "points", "points"), floor_on=None)
        note_switched_off(session, shop_id, ["winback"], date(2026, 3, 1))
    opened = desk.open()

    def said(key: str, **values: Tree) -> list[str]:
        changes = campaign_changes(opened.tree, key, {**entry_of(opened.tree, key), **values})
        return [str(each) for each in desk.look(opened, changes, Subject(key), NOW).consequences]

    assert "control group of this year is drawn already" in said("winback", control="10%")[0]
    assert said("birthday", control="10%") == []
    assert "pause the campaign as well" in said("winback", enabled="false")[0]
    assert "only reminders that opened in the last 7 days" in said("points", enabled="true")[0]
    assert "every reminder that is open" in said("points", enabled="true", first_run="catch_up")[0]
    assert "without anybody looking" in said("winback", review="none")[0]
    renamed = said("winback", stages={"at_risk": "6m", "lost": "12m", "far": "24m"},
                   template={"at_risk": "winback_at_risk", "lost": "winback_lost", "far": "winback_gone"})  # fmt: skip
    assert renamed[0].startswith("The reminder 24 months after the last visit is a new one: who got the one 24 months")
    changes = guard_changes(opened.tree, {**guards_of(opened.tree), "universal_control": "8%", "quiet_hours": "none"})
    guards = desk.look(opened, changes, Subject(GUARDS), NOW).consequences
    assert [each.is_grave for each in guards] == [True, False, False]


def test_two_people_write_the_first_guards(desk: ScheduleDesk) -> None:
    """Each another one: both stand, and what the second did not touch is not lost."""
    text = SHIPPED[: SHIPPED.index("\nguards:") + 1] + SHIPPED[SHIPPED.index("\ncampaigns:") + 1 :]
    replace_file(desk.path, text)
    opened = desk.open()
    assert guards_of(opened.tree) == {}
    desk.save(opened, guard_changes(opened.tree, {"pace": "2"}), Subject(GUARDS), ZHOU, NOW)
    hers = guard_changes(opened.tree, {"contact_hold": "3d"})
    with pytest.raises(ChangedMeanwhile) as conflict:
        desk.save(opened, hers, Subject(GUARDS), LIN, NOW)
    assert conflict.value.clashes == ()
    desk.save(conflict.value.now, hers, Subject(GUARDS), LIN, NOW)
    assert guards_of(desk.open().tree) == {"pace": "2", "contact_hold": "3d"}


def test_a_name_of_a_former_campaign(house: House, desk: ScheduleDesk) -> None:
    """Of another rule it is refused; of the same one hears that nobody is texted twice; none is given by itself."""
    with house.store.write() as session:
        shop_id = keep_shop(session, house.schedules.shops[0])
        mark_seen(session, shop_id, KnownCampaign("spring", "spring", "winback"), floor_on=None)
    opened = desk.open()
    entry = entry_of(opened.tree, "birthday")
    with pytest.raises(Refused, match="another rule"):
        desk.look(opened, new_campaign(opened.tree, "spring", entry), Subject("spring"), NOW)
    assert desk.free_key(opened, "spring") == "spring_2"
    assert desk.free_key(opened, "birthday") == "birthday_2"
    assert desk.must_say_id(opened, "winback")
    assert not desk.must_say_id(opened, "birthday")
    again = new_campaign(opened.tree, "spring", entry_of(opened.tree, "winback"))
    told = desk.look(opened, again, Subject("spring"), NOW).consequences
    assert str(told[0]).startswith("There was a campaign of this short name")
    assert not any("was removed" in str(each) for each in told)


def test_a_new_campaign_does_not_go_on_with_a_former_one(house: House, desk: ScheduleDesk) -> None:
    """Whoever adds winback anew hears that its customers would be texted again, and which short name prevents it."""
    with house.store.write() as session:
        shop_id = keep_shop(session, house.schedules.shops[0])
        for ran in ("spring", "winback"):
            mark_seen(session, shop_id, KnownCampaign(ran, ran, "winback"), floor_on=None)
    opened = desk.open()

    def told(key: str, like: str) -> list[str]:
        added = new_campaign(opened.tree, key, {"id": key, **entry_of(opened.tree, like)})
        grave = [each for each in desk.look(opened, added, Subject(key), NOW).consequences if each.is_grave]
        return [str(each) for each in grave if "was removed" in str(each)]

    (said,) = told("winback_2", "winback")
    assert said.startswith("A campaign of this rule was removed: spring.")
    assert said.endswith("give the new one the short name spring.")
    assert told("birthday_2", "birthday") == []


def test_two_people_add_a_campaign_of_one_rule(desk: ScheduleDesk) -> None:
    """Each gets the next free short name of what the file holds when it is saved, and both are kept."""
    opened = desk.open()
    entry = entry_of(opened.tree, "birthday")
    key = desk.free_key(opened, "birthday")
    desk.save(opened, new_campaign(opened.tree, key, entry), Subject(key), ZHOU, NOW)
    nxt = desk.free_key(desk.open(), "birthday")
    with pytest.raises(ChangedMeanwhile) as conflict:
        desk.save(opened, new_campaign(opened.tree, nxt, entry), Subject(nxt), LIN, NOW)
    assert conflict.value.clashes == ()
    now = conflict.value.now
    desk.save(now, new_campaign(now.tree, nxt, entry), Subject(nxt), LIN, NOW)
    assert {"birthday", "birthday_2", "birthday_3"} <= {each.key for each in desk.open().schedules.campaigns}


def test_stages_that_runs_step_over_are_told_too(desk: ScheduleDesk) -> None:
    """What `schedules check` would warn of stands beside the form, without its line."""
    opened = desk.open()
    changes = campaign_changes(
        opened.tree, "birthday", {**entry_of(opened.tree, "birthday"), "when": "30 9 * * mon-fri"}
    )  # fmt: skip
    [told] = desk.look(opened, changes, Subject("birthday"), NOW).consequences
    assert str(told).startswith("birthday can miss the stage day")


def test_a_name_that_another_campaign_has_is_told_before_saving(desk: ScheduleDesk) -> None:
    """It can be saved all the same: the form says that nobody could tell the two apart."""
    opened = desk.open()
    entry = entry_of(opened.tree, "winback")

    def told(name: str) -> list[str]:
        changes = campaign_changes(opened.tree, "winback", {"name": name, **entry})
        return [str(each) for each in desk.look(opened, changes, Subject("winback"), NOW).consequences]

    assert told("流失关怀") == []
    assert told("Birthday") == ["Another campaign is called the same: on screens nobody can tell the two apart."]
