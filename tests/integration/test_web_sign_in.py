"""The door of the console over real HTTP: forms, cookies, languages, other sites' pages, and what needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from notifier.jobs import staff, welcome
from notifier.store.engine import Store
from notifier.store.users import change_user
from tests.support.console_door import Browser, console_door
from tests.support.staff_room import PASSWORD, SHELL, StaffRoom

PUBLIC_URL = "https://sms.example.com"
NEW = "seven lean cows"
SOCKET = "/console/_nicegui_ws/socket.io/?transport=websocket"


@pytest.fixture
def room(sqlite_store: Store) -> StaffRoom:
    """A console that knows 陈晓芳 (the first user)."""
    room = StaffRoom(sqlite_store)
    room.add("陈晓芳")
    return room


@pytest.fixture
def browser(room: StaffRoom, tmp_path: Path) -> Iterator[Browser]:
    """In the shop's own network."""
    with console_door(room.store, lambda: room.now, tmp_path) as browser:
        yield browser


@pytest.fixture
def far_browser(room: StaffRoom, tmp_path: Path) -> Iterator[Browser]:
    """Outside, through the TLS proxy before us."""
    with console_door(room.store, lambda: room.now, tmp_path, PUBLIC_URL) as browser:
        yield browser


def test_somebody_comes_in_and_goes_on_to_the_page_they_wanted(browser: Browser) -> None:
    """The cookie is not for scripts, not for other sites, not for other paths, and gone with the browser."""
    sent_away = browser.get("/console/customers?q=%E9%99%88&page=2")
    assert sent_away.status == 303
    door = sent_away.headers["location"]
    assert door == "/console/sign-in?next=%2Fconsole%2Fcustomers%3Fq%3D%25E9%2599%2588%26page%3D2"
    page = browser.get(door).body
    assert 'value="/console/customers?q=%E9%99%88&amp;page=2"' in page
    come_in = browser.sign_in("陈晓芳", PASSWORD, next="/console/customers?q=%E9%99%88&page=2")
    assert (come_in.status, come_in.headers["location"]) == (303, "/console/customers?q=%E9%99%88&page=2")
    cookie = next(line for line in come_in.set_cookies if line.startswith("notifier_session="))
    assert [part.strip().lower() for part in cookie.split(";")[1:]] == ["httponly", "path=/console", "samesite=lax"]
    assert browser.get("/console/customers").body == "陈晓芳 zh-CN"
    assert browser.get("/console/sign-in").headers["location"] == "/console/"


def test_over_https_every_cookie_is_for_https_alone(far_browser: Browser) -> None:
    """The browser refuses a __Secure- cookie that came over anything else."""
    far_browser.sign_in("陈晓芳", PASSWORD)
    assert set(far_browser.cookies) == {"__Secure-notifier_session", "__Secure-notifier_form"}
    assert far_browser.get("/console/").body == "陈晓芳 zh-CN"
    lines = far_browser.get("/console/sign-out").set_cookies
    assert all("secure" in line.lower().split("; ") for line in lines)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "/console//evil.example", "/\\evil.example", "javascript:alert(1)",
        "/console/../l/x", "/consolex/", "/l/abc", "/console/sign-out", "/console/sign-in?next=/console/", "",
        "/console/\r\nSet-Cookie: a=b", "/console/" + "a" * 1000,
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_place_than_the_console(browser: Browser, wanted: str) -> None:
    """Whatever a link they were sent says."""
    page = browser.web.ask("/console/sign-in?next=" + "".join(f"%{byte:02X}" for byte in wanted.encode()))
    assert 'name="next" value="/console/"' in page.body
    browser.cookies["notifier_form"] = "x"
    come_in = browser.post("/console/sign-in", {"form": "x", "name": "陈晓芳", "password": PASSWORD, "next": wanted})
    assert (come_in.status, come_in.headers["location"]) == (303, "/console/")


def test_a_wrong_password_keeps_the_name_and_says_why(browser: Browser) -> None:
    """After five the sentence tells, by the shop's clock, until when; and the answer's header too."""
    for _ in range(4):
        answer = browser.sign_in("<b>陈晓芳", "not her password")
    assert answer.status == 403
    assert 'value="&lt;b&gt;陈晓芳"' in answer.body
    assert 'role="alert"' in answer.body
    assert "not her password" not in answer.body
    locked = browser.sign_in("<b>陈晓芳", "not her password")
    assert (locked.status, locked.headers["retry-after"]) == (429, "901")
    assert "17:15" in locked.body


def test_sentences_are_in_the_language_the_browser_asks_for(browser: Browser, room: StaffRoom) -> None:
    """The first of ours; Chinese where it asks for neither, for the shop is in China; then the person's own."""
    asked = {"en-US,en;q=0.9": "en", "de,en;q=0.5,zh;q=0.3": "en", "zh-TW": "zh-CN", "de": "zh-CN", "": "zh-CN",
             "en;q=0,zh;q=0.1": "zh-CN", "en;q=x,zh": "zh-CN"}  # fmt: skip
    for header, language in asked.items():
        browser.languages = header
        assert f'<html lang="{language}">' in browser.get("/console/sign-in").body
    browser.languages = "zh-CN"
    browser.sign_in("陈晓芳", PASSWORD)
    assert browser.get("/console/", Accept_Language="en").body == "陈晓芳 en"
    with room.store.write() as session:
        change_user(session, 1, language="en")
    assert browser.get("/console/").body == "陈晓芳 en"


@pytest.mark.parametrize(
    ("origin", "site"),
    [("https://evil.example", "cross-site"), ("null", "cross-site"), ("null", ""), ("", "same-site"), ("", ""),
     ("http://127.0.0.1:1", "same-site"), ("file://", ""), ("http://[", "")],
)  # fmt: skip
def test_a_form_from_another_sites_page_is_refused(browser: Browser, origin: str, site: str) -> None:
    """Even with the right token: 403, and a sentence."""
    browser.cookies["notifier_form"] = "x"
    form = {"form": "x", "name": "陈晓芳", "password": PASSWORD}
    answer = browser.post("/console/sign-in", form, Origin=origin, Sec_Fetch_Site=site)
    assert answer.status == 403
    assert 'role="alert"' in answer.body
    assert "notifier_session" not in browser.cookies


@pytest.mark.parametrize(("origin", "site"), [("", "same-origin"), ("null", "same-origin")])
def test_a_browser_that_hides_its_origin_is_believed_when_it_says_same_origin(
    browser: Browser, origin: str, site: str
) -> None:
    """No script can make it say so."""
    browser.cookies["notifier_form"] = "x"
    form = {"form": "x", "name": "陈晓芳", "password": PASSWORD}
    assert browser.post("/console/sign-in", form, Origin=origin, Sec_Fetch_Site=site).status == 303


@pytest.mark.parametrize(("cookie", "field"), [("", ""), ("", "x"), ("x", ""), ("x", "y"), ("x", "é")])
def test_a_form_needs_the_token_of_its_page(browser: Browser, cookie: str, field: str) -> None:
    """In a cookie and in a field, the same."""
    if cookie:
        browser.cookies["notifier_form"] = cookie
    assert browser.post("/console/sign-in", {"form": field, "name": "陈晓芳", "password": PASSWORD}).status == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"form=x&name=" + b"a" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"form=x&" + b"a=b&" * 50, "application/x-www-form-urlencoded", 400),
        (b'{"form": "x"}', "application/json", 400),
        (b"form=x", "text/plain", 400),
    ],
)
def test_what_is_no_form_is_refused(browser: Browser, body: bytes, kind: str, status: int) -> None:
    """Large ones before they are read to their end."""
    headers = {"Origin": browser.origin, "Content-Type": kind, "Cookie": "notifier_form=x"}
    assert browser.web.ask("/console/sign-in", body, headers).status == status


def test_the_page_of_the_door_runs_no_script_and_is_framed_by_nobody(browser: Browser) -> None:
    """Its policy is stricter than that of the pages behind it, and its origin is told to its own forms."""
    answer = browser.get("/console/sign-in")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "<script" not in answer.body
    assert "style=" not in answer.body


def test_signing_out_takes_a_button_and_ends_the_session(browser: Browser, room: StaffRoom) -> None:
    """The cookie is gone, and its token would be of no use."""
    browser.sign_in("陈晓芳", PASSWORD)
    token = browser.cookies["notifier_session"]
    assert browser.get("/console/sign-out").status == 200
    assert room.person(token) is not None
    assert browser.fill_in("/console/sign-out").headers["location"] == "/console/sign-in?out"
    assert "notifier_session" not in browser.cookies
    assert room.person(token) is None
    assert 'role="status"' in browser.get("/console/sign-in?out").body


def test_who_signs_in_again_leaves_no_open_session_behind(browser: Browser, room: StaffRoom) -> None:
    """A token from before is never taken over, whoever planted it."""
    room.add("赵敏")
    browser.sign_in("陈晓芳", PASSWORD)
    former = browser.cookies["notifier_session"]
    browser.cookies["notifier_form"] = "x"
    browser.post("/console/sign-in", {"form": "x", "name": "赵敏", "password": PASSWORD})
    assert browser.cookies["notifier_session"] != former
    assert room.person(former) is None
    assert browser.get("/console/").body == "赵敏 zh-CN"


def test_the_first_owner_chooses_name_and_password(sqlite_store: Store, tmp_path: Path) -> None:
    """By the link the daemon prints; and is in."""
    room = StaffRoom(sqlite_store)
    with room.store.write() as session:
        token = welcome.first_owner_token(session, room.now)
    with console_door(room.store, lambda: room.now, tmp_path) as browser:
        page = f"/console/welcome/{token}"
        assert "readonly" not in browser.get(page).body
        assert "陈晓芳" in browser.fill_in(page, name="陈晓芳", password=NEW, again="other cows").body
        assert browser.fill_in(page, name="", password=NEW, again=NEW).status == 422
        come_in = browser.fill_in(page, name="陈晓芳", password=NEW, again=NEW)
        assert (come_in.status, come_in.headers["location"]) == (303, "/console/")
        assert browser.get("/console/").body == "陈晓芳 zh-CN"
        assert browser.get(page).status == 404


def test_a_link_lets_its_person_choose_a_password(browser: Browser, room: StaffRoom) -> None:
    """Under the name they have; a weak one is refused with its reason, and the link stays good."""
    token = room.link(1)
    page = f"/console/welcome/{token}"
    assert 'value="陈晓芳"' in browser.get(page).body
    assert browser.fill_in(page, password="short", again="short").status == 422
    assert browser.fill_in(page, password=NEW, again=NEW).status == 303
    assert browser.get("/console/").body == "陈晓芳 zh-CN"
    browser.cookies.clear()
    assert browser.sign_in("陈晓芳", NEW).status == 303


@pytest.mark.parametrize("token", ["x", "%3Cscript%3E", "%00", "a" * 5000])
def test_a_dead_link_says_so(browser: Browser, token: str) -> None:
    """And leads to the door."""
    answer = browser.get(f"/console/welcome/{token}")
    assert answer.status == 404
    assert "/console/sign-in" in answer.body
    assert "<script>" not in unescape(answer.body)


def test_an_ended_session_is_sent_to_the_door_and_its_cookie_forgotten(browser: Browser, room: StaffRoom) -> None:
    """What is no page is only refused: a page's own script cannot follow to a form."""
    browser.sign_in("陈晓芳", PASSWORD)
    with room.store.write() as session:
        staff.end_user(session, 1, by=SHELL, now=room.now)
    assert browser.get("/console/").status == 303
    assert browser.get("/console/data", Accept="application/json").status == 401
    assert browser.post("/console/data", {}).status == 401
    browser.get("/console/sign-in")
    assert "notifier_session" not in browser.cookies


@pytest.mark.parametrize(
    "path", ["/console/_nicegui/client/x/upload/1", "/console/_nicegui/auto/static/x", "/console", "/console/"]
)
def test_nothing_of_a_page_is_given_to_a_stranger(browser: Browser, path: str) -> None:
    """Uploads and files of one page included."""
    assert browser.get(path).status == 303


@pytest.mark.parametrize("path", ["/console/_nicegui/3.18.0/static/nicegui.js", "/console/static/console.css"])
def test_what_every_page_is_made_of_is_for_all(browser: Browser, path: str) -> None:
    """Scripts and styles of ours hold nothing of anybody."""
    assert browser.get(path).body == "nobody en"


def test_another_sites_page_gets_nothing_though_the_browser_sends_the_cookie(browser: Browser) -> None:
    """A neighbour on the same machine is same-site: cookies come along, so the origin must be looked at."""
    browser.sign_in("陈晓芳", PASSWORD)
    assert browser.get("/console/", Origin="http://127.0.0.1:1").status == 403
    assert browser.get("/console/", Origin=browser.origin).status == 200


def test_a_socket_needs_a_person_and_a_page_of_ours(browser: Browser) -> None:
    """Other sites may open sockets to us with our cookies: NiceGUI would let them in."""
    browser.sign_in("陈晓芳", PASSWORD)
    cookie = {"Cookie": f"notifier_session={browser.cookies['notifier_session']}"}
    address = browser.web.url.replace("http:", "ws:") + SOCKET
    with connect(address, additional_headers=cookie, origin=Origin(browser.origin)) as socket:
        assert socket.recv() == "陈晓芳"
    nobody: dict[str, str] = {}
    for headers, origin in ((nobody, browser.origin), (cookie, "https://evil.example"), (cookie, "http://127.0.0.1:1")):
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(address, additional_headers=headers, origin=Origin(origin)),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_behind_a_proxy_the_address_the_proxy_saw_is_locked(far_browser: Browser, room: StaffRoom) -> None:
    """What came before the proxy's own word may be made up by anybody."""
    far_browser.cookies["__Secure-notifier_form"] = "x"
    form = {"form": "x", "name": "陈晓芳", "password": "not her password"}
    far_browser.post("/console/sign-in", form, X_Forwarded_For="10.9.9.9, 2001:db8:1:2:3::4")
    assert room.log()[-1].after == {"address": "2001:db8:1:2::/64"}


def test_a_direct_caller_cannot_choose_an_address(browser: Browser, room: StaffRoom) -> None:
    """Without a proxy there is nobody whose word about it counts."""
    browser.cookies["notifier_form"] = "x"
    form = {"form": "x", "name": "陈晓芳", "password": "not her password"}
    browser.post("/console/sign-in", form, X_Forwarded_For="198.51.100.7")
    assert room.log()[-1].after == {"address": "127.0.0.1"}
