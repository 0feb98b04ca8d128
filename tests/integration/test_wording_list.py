"""The list of wordings: where each stands, and what its texts have brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.jobs.texts import publish_folder
from notifier.jobs.wording import Hand, Shelf, make_draft, save_draft, submit
from notifier.jobs.wording_figures import DAYS, count_wordings
from notifier.jobs.wording_list import CampaignWordings, WordingRow, overview, versions
from notifier.schedules import parse_schedules
from notifier.store.engine import Store
from notifier.store.tables import Credit, Reply
from notifier.store.templates import live_templates
from notifier.store.users import insert_user
from notifier.store.wording_figures import Brought
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox
from tests.support.shop import BIRTHDAY, INSURANCE, yaml

TODAY = NOON.date()
SOURCE = "---\ntitle: 保险到期\nkind: service\n---\n{{ 客户.称呼 }}您好。\n"
CAMPAIGNS = parse_schedules(yaml(INSURANCE, BIRTHDAY), "schedules.yaml").campaigns


@dataclass(frozen=True)
class Clerk:
    """Chen Xiaofang."""

    id: int
    name: str = "陈晓芳"


@pytest.fixture
def shelf(store: Store, tmp_path: Path) -> Shelf:
    """A folder with the text of each campaign, and one nobody uses; all live."""
    folder = tmp_path / "zh-CN"
    folder.mkdir()
    for name in {*CAMPAIGNS[0].every_template, *CAMPAIGNS[1].every_template, "spare"}:
        (folder / f"{name}.j2").write_text(SOURCE, encoding="utf-8")
    publish_folder(store, tmp_path)
    return Shelf(store, tmp_path)


def hand(shelf: Shelf, name: str) -> Hand:
    with shelf.store.write() as session:
        user = insert_user(session, name="陈晓芳", login=f"chen {name}", role="marketing", shop_id=None, at=NOON)
    assert user is not None
    return Hand(shelf, name, "zh-CN", Clerk(user), NOON)


def row(listed: list[CampaignWordings], name: str) -> WordingRow:
    return next(each for group in listed for each in group.rows if each.name == name)


def test_every_wording_stands_under_its_campaign(shelf: Shelf) -> None:
    """In the order of schedules.yaml; the one no campaign uses comes last."""
    listed = overview(shelf, CAMPAIGNS, TODAY)
    assert [each.campaign and each.campaign.key for each in listed] == [*(each.key for each in CAMPAIGNS), None]
    assert [each.name for each in listed[-1].rows] == ["spare"]
    for group, campaign in zip(listed, CAMPAIGNS, strict=False):
        assert {each.name for each in group.rows} == campaign.every_template
        assert {stage for each in group.rows for stage in each.stages} == set(campaign.templates)
    spare = row(listed, "spare")
    assert (spare.title, spare.kind, spare.live_version, spare.marks) == ("保险到期", "service", 1, frozenset())


def test_the_marks_say_where_a_wording_stands(shelf: Shelf) -> None:
    """A draft, a review, a new one, a broken file, and a file that was edited beside an open draft."""
    name = next(iter(CAMPAIGNS[0].every_template))
    draft = save_draft(hand(shelf, name), SOURCE + "!", 0)
    assert row(overview(shelf, CAMPAIGNS, TODAY), name).marks == {"draft"}
    submit(Hand(shelf, name, "zh-CN", Clerk(draft.edited_by_id or 0), NOON), draft.revision)
    assert row(overview(shelf, CAMPAIGNS, TODAY), name).marks == {"review"}
    (shelf.folder / "zh-CN" / f"{name}.j2").write_text(SOURCE + "?", encoding="utf-8")
    assert row(overview(shelf, CAMPAIGNS, TODAY), name).marks == {"review", "conflict"}
    publish_folder(shelf.store, shelf.folder)
    assert row(overview(shelf, CAMPAIGNS, TODAY), name).marks == {"review", "behind"}
    make_draft(hand(shelf, "winter"), "half a template")
    found = row(overview(shelf, CAMPAIGNS, TODAY), "winter")
    assert (found.marks, found.title, found.live_version) == (frozenset({"new", "draft"}), "winter", None)
    (shelf.folder / "zh-CN" / "spare.j2").write_text("no template", encoding="utf-8")
    broken = row(overview(shelf, CAMPAIGNS, TODAY), "spare")
    assert (broken.marks, broken.live_version, broken.file.problem is not None) == (frozenset({"refused"}), 1, True)


def test_what_a_version_has_brought_is_counted_by_its_texts(shelf: Shelf) -> None:
    """Two texts delivered, one taken by the provider, one failed: one was answered twice, one stopped, one came."""
    outbox = Outbox(shelf.store)
    with shelf.store.read() as session:
        version = next(each.id for each in live_templates(session) if each.name == "spare")
    texts = outbox.texts(2, state="delivered", template_version_id=version)
    texts += outbox.texts(1, state="sent", template_version_id=version, count_on=TODAY - 3 * DAY)
    outbox.texts(1, state="failed", template_version_id=version)
    outbox.texts(1, state="planned", template_version_id=version)
    outbox.texts(1, state="delivered", template_version_id=version, count_on=TODAY - (DAYS + 1) * DAY)
    for text, meanings in ((texts[0], ("booking", "text")), (texts[1], ("stop",))):
        for number, meaning in enumerate(meanings):
            outbox.add(Reply, gateway=GATEWAY, provider_id=f"{text}-{number}", shop_id=outbox.shop, message_id=text,
                       meaning=meaning, received_at=NOON, business_at=NOON, arrived_on=TODAY)  # fmt: skip
    outbox.add(Credit, shop_id=outbox.shop, outcome_type="visit", outcome_id=1, message_id=texts[2], campaign_id="due",
               evidence="sent", day=TODAY, amount_minor=88_000, credited_at=NOON)  # fmt: skip
    assert row(overview(shelf, CAMPAIGNS, TODAY), "spare").brought == Brought()
    while count_wordings(shelf.store, NOON) > 2:
        pass
    expected = Brought(sent=3, delivered=2, replied=1, came=1, came_minor=88_000)
    assert row(overview(shelf, CAMPAIGNS, TODAY), "spare").brought == expected
    assert row(overview(shelf, CAMPAIGNS, TODAY, shop_id=outbox.shop), "spare").brought == expected
    assert row(overview(shelf, CAMPAIGNS, TODAY, shop_id=outbox.shop + 1), "spare").brought == Brought()
    assert [each.brought for each in versions(shelf, "spare", "zh-CN")] == [expected]


def test_a_late_visit_is_added_when_its_day_comes_round(shelf: Shelf) -> None:
    """Each day of the last ninety is counted anew in turn, today each time; one counted twice is not doubled."""
    outbox = Outbox(shelf.store)
    text = outbox.text(state="delivered", count_on=TODAY - timedelta(days=40))
    while count_wordings(shelf.store, NOON) > 2:
        pass
    outbox.add(Credit, shop_id=outbox.shop, outcome_type="visit", outcome_id=1, message_id=text, campaign_id="due",
               evidence="sent", day=TODAY, amount_minor=5, credited_at=NOON)  # fmt: skip
    for _ in range(DAYS):
        assert count_wordings(shelf.store, NOON) == 2
    (found,) = versions(shelf, "due-shop", "en")
    assert found.brought == Brought(sent=1, delivered=1, came=1, came_minor=5)
