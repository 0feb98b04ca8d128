"""What a page of the audit log is about, by name: few queries for many lines, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from notifier.store.audit import Entry
from notifier.store.audit_subjects import NamedCustomer, named
from notifier.store.engine import Store
from notifier.store.template_drafts import add_draft
from notifier.store.templates import publish
from tests.support.hand_made_shop import HandMadeShop

NOW = datetime(2026, 3, 9, 2, tzinfo=UTC)
LIVE = "---\ntitle: 保养\nkind: service\n---\n该保养了\n"
BEGUN = "---\ntitle: 新\nkind: service\n---\n新的\n"


def line(kind: str, subject: object) -> Entry:
    """A line of the log."""
    return Entry(1, NOW, None, "林静", f"{kind}.x", kind, str(subject), None, None, None)


def test_a_page_of_the_log_is_named_by_one_query_a_kind(store: Store) -> None:
    """Forty lines about ten customers, a run, and templates that are live, begun or gone: four queries."""
    with store.write() as session:
        shop = HandMadeShop(session)
        people = {str(shop.customer(f"客户{number}")): f"客户{number}" for number in range(10)}
        run = shop.run("done")
        publish(session, name="care", language="zh-CN", source=LIVE)
        for name, language in (("care", "en"), ("care", "zh-CN")):
            add_draft(session, name=name, language=language, source=BEGUN, base_version=None, edited_by="林静",
                      edited_by_id=None, created_at=NOW, changed_at=NOW)  # fmt: skip
    lines = [line("customer", number) for number in [*people, *people, *people, "99999999", "x", "9" * 40]]
    lines += [line("run", run), line("run", 99_999_999), line("user", "林静"), line("shop", "quanzhou")]
    lines += [line("template", each) for each in ("zh-CN/care", "en/care", "zh-CN/gone", "odd")]
    asked: list[str] = []
    with store.read() as session:
        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2]))
        found = named(session, lines)
    assert found.customers == {number: NamedCustomer(name, shop.id) for number, name in people.items()}
    assert list(found.runs) == [str(run)]
    assert found.wordings == {"zh-CN/care": LIVE, "en/care": BEGUN}
    assert len(asked) == 4


def test_a_page_without_such_lines_asks_nothing(store: Store) -> None:
    """People and shops are called as the log calls them."""
    asked: list[str] = []
    with store.read() as session:
        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2]))
        found = named(session, [line("user", "林静"), line("customer", "gone")])
    assert (found.customers, found.runs, found.wordings, asked) == ({}, {}, {}, [])
