"""What a stranger, another site and a curious colleague get from the web part: refusals that tell nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from notifier.jobs.access import hash_of, open_session, sign_out
from notifier.jobs.staff import add_user, end_user
from notifier.schedules import load_schedules
from notifier.store.audit import Actor
from notifier.store.shops import keep_shop
from notifier.web.browsers import SECURE, SESSION_COOKIE
from notifier.web.forms import FORM_COOKIE
from tests.support.console_server import IMPORTS, RunningConsole, running_console
from tests.support.console_shop import PASSWORD, ROLES, ConsoleShop, make_console_shop
from tests.support.console_socket import open_socket, opened_page
from tests.support.crew import Crew, crew_in
from tests.support.web_server import Answer, RunningWeb

ABROAD = "https://example.com"
SOCKET = "/console/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
CAMPAIGN = "/console/campaigns/winback"
PAUSE = "暂停"
PAGES = ("/console/", "/console/customers", "/console/templates", "/console/users", "/console/nothing-here")
DOORS = ("/console/sign-in", "/console/sign-out", "/console/welcome/abc")
ASSETS = ("/console/static/console.css", "/console/static/favicon.svg")
OTHERS = ("/healthz", "/readyz", "/metrics", "/l/abc", "/nothing", "/webhooks/twilio/status", "/", "/console")


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Who forks the servers."""
    with crew_in(tmp_path_factory.mktemp("servers"), IMPORTS) as working:
        yield working


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> ConsoleShop:
    """The shop whose console it is."""
    return make_console_shop(tmp_path_factory.mktemp("shop"), sqlite_template)


@pytest.fixture(scope="module")
def console(crew: Crew, shop: ConsoleShop) -> Iterator[RunningConsole]:
    """Its console, as on the shop's own network."""
    with running_console(crew, shop) as running:
        yield running


@pytest.fixture(scope="module")
def cookie(console: RunningConsole) -> str:
    """林静's session."""
    return f"{SESSION_COOKIE}={console.shop.token('owner')}"


@pytest.fixture
def web(console: RunningConsole) -> RunningWeb:
    """Requests to it."""
    return RunningWeb(console.url)


def page(web: RunningWeb, path: str, cookie: str) -> Answer:
    """A page as a browser asks for it."""
    return web.ask(path, headers={"Cookie": cookie, "Accept": "text/html"})


def policy_of(answer: Answer) -> dict[str, list[str]]:
    """The answer's Content-Security-Policy, by directive."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


def sign_in(web: RunningWeb, *, form: str | None = "same", **headers: str) -> Answer:
    """A sign-in that would be right: `form` = what the field says, "same" = what the cookie does."""
    door = web.ask("/console/sign-in", headers={"Accept": "text/html"})
    kept = door.headers["set-cookie"].split(";")[0]
    said = kept.partition("=")[2] if form == "same" else form
    fields = {"name": ROLES["manager"], "password": PASSWORD} | ({"form": said} if said is not None else {})
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.ask("/console/sign-in", urlencode(fields).encode(), {"Cookie": kept, **sent})


@pytest.mark.parametrize("path", [*PAGES, *DOORS, *ASSETS, *OTHERS])
def test_every_answer_says_what_may_run_and_that_nobody_may_frame_it(path: str, web: RunningWeb, cookie: str) -> None:
    """Pages, the door, their files, and what has nothing to do with the console."""
    answer = page(web, path, cookie)
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "'unsafe-inline'" not in policy.get("script-src", [])
    assert not [source for values in policy.values() for source in values if "://" in source or source == "*"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")


def test_each_page_has_a_proof_of_its_own_for_its_scripts(web: RunningWeb, cookie: str) -> None:
    """Two answers never share a nonce, and no script, and no handler in a tag, is without one."""
    first, second = (page(web, "/console/customers", cookie) for _ in range(2))
    nonces = [re.findall(r"'nonce-([^']+)'", answer.headers["content-security-policy"]) for answer in (first, second)]
    assert len(nonces[0]) == len(nonces[1]) == 1
    assert nonces[0] != nonces[1]
    scripts = re.findall(r"<script\b[^>]*>", first.body)
    assert scripts
    assert [tag for tag in scripts if f'nonce="{nonces[0][0]}"' not in tag] == []
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", first.body)


@pytest.mark.parametrize("path", [*PAGES, *DOORS, "/console/sign-in?out"])
def test_pages_are_kept_by_no_browser_and_no_proxy(path: str, web: RunningWeb, cookie: str) -> None:
    """After signing out, the way back in the browser shows nothing."""
    assert page(web, path, cookie).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": ABROAD},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_a_form_from_elsewhere_is_refused(headers: dict[str, str], web: RunningWeb) -> None:
    """Name, password and token are right, but the page that sent them is not ours, or does not say."""
    answer = sign_in(web, **headers)
    assert answer.status == 403
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("form", [None, "", "another token", "é"])
def test_a_form_without_its_token_is_refused(form: str | None, web: RunningWeb) -> None:
    """The page is ours, but the form was not made for this browser."""
    answer = sign_in(web, form=form, Origin=web.url)
    assert answer.status == 403
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


def test_another_site_can_sign_nobody_out(web: RunningWeb, console: RunningConsole) -> None:
    """A hidden form abroad posts to the way out; 吴明 stays in."""
    cookie = f"{SESSION_COOKIE}={console.shop.token('reader')}; {FORM_COOKIE}=x"
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    assert web.ask("/console/sign-out", b"form=x", headers | {"Origin": ABROAD}).status == 403
    assert web.ask("/console/sign-out", headers=headers).status == 200
    assert page(web, "/console/customers", cookie).status == 200


def test_the_session_is_for_the_browser_alone(web: RunningWeb) -> None:
    """No script reads the cookie, no other site's form brings it, no other path sees it; it ends with the window."""
    answer = sign_in(web, Origin=web.url)
    assert answer.status == 303
    assert answer.headers["location"] == "/console/"
    (name_and_value, *flags) = re.split(r";\s*", answer.headers["set-cookie"])
    assert name_and_value.startswith(f"{SESSION_COOKIE}=")
    assert len(name_and_value) > len(SESSION_COOKIE) + 40
    assert {flag.lower() for flag in flags} == {"httponly", "path=/console", "samesite=lax"}


def test_over_https_the_cookie_never_goes_in_the_clear(crew: Crew, shop: ConsoleShop, tmp_path: Path) -> None:
    """Behind a TLS proxy: Secure, by its name too, and browsers are told to come by https alone."""
    public = "https://sms.example.com"
    with running_console(crew, shop.copy_to(tmp_path / "https"), NOTIFIER_PUBLIC_URL=public) as console:
        answer = sign_in(RunningWeb(console.url), Origin=public)
    assert answer.status == 303
    assert answer.headers["set-cookie"].startswith(f"{SECURE}{SESSION_COOKIE}=")
    assert re.search(r";\s*secure\b", answer.headers["set-cookie"], re.IGNORECASE)
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("path", ["/console/", "/console/customers?q=1", "/console/users"])
def test_a_stranger_is_led_to_the_door_and_sees_nothing(path: str, web: RunningWeb) -> None:
    """No cookie, a made-up one, an empty one."""
    for cookie in ("", f"{SESSION_COOKIE}=", f"{SESSION_COOKIE}=made-up", f"{SECURE}{SESSION_COOKIE}=x"):
        answer = page(web, path, cookie)
        assert (answer.status, answer.body) == (303, "")
        assert answer.headers["location"].startswith("/console/sign-in?next=%2Fconsole%2F")


@pytest.mark.parametrize("path", ["/console/_nicegui/client/1/upload", "/console/_nicegui/auto/static/1/x"])
def test_a_stranger_reaches_no_file_of_a_page(path: str, web: RunningWeb) -> None:
    """Uploads and files that belong to one open page."""
    assert page(web, path, "").status in (303, 401, 403)
    assert web.ask(path, b"x", {"Origin": web.url}).status in (401, 403)


@pytest.mark.parametrize(
    "path",
    ["/docs", "/redoc", "/openapi.json", "/console/docs", "/console/redoc", "/console/openapi.json", "/nothing",
     "/console/static/../desk.py", "/console/static/%2e%2e/desk.py", "/console/static/", "/l/nothing"],
)  # fmt: skip
def test_what_is_not_here_tells_nothing(path: str, web: RunningWeb, cookie: str) -> None:
    """No list of routes, no source, no name of a library or version."""
    answer = page(web, path, cookie)
    assert answer.status == 404
    for word in ("traceback", "fastapi", "starlette", "swagger", "site-packages", "import asyncio"):
        assert word not in answer.body.lower()
    assert "server" not in answer.headers


def test_only_our_own_pages_open_a_connection_that_stays(console: RunningConsole, cookie: str) -> None:
    """The socket every page talks through: refused abroad and without a session, open to our own."""
    address = console.url.replace("http:", "ws:") + SOCKET
    for headers in (
        {"Origin": ABROAD, "Cookie": cookie},
        {"Origin": console.url},
        {"Origin": "null", "Cookie": cookie},
    ):
        with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
            pass
        assert refused.value.response.status_code == 403
    with connect(address, additional_headers={"Origin": console.url, "Cookie": cookie}) as socket:
        assert str(socket.recv(timeout=60)).startswith("0{")


def test_what_was_there_before_the_console_answers_as_before(web: RunningWeb) -> None:
    """Health, webhooks and short links need no session and start none."""
    assert web.ask("/healthz").body == '{"alive":true}'
    assert web.ask("/readyz").status == 200
    assert web.ask("/metrics").status == 200
    assert web.ask("/webhooks/twilio/status", b"MessageSid=x", {"Origin": ABROAD}).status == 403
    assert web.ask("/l/nothing").status == 404
    for path in OTHERS[:6]:
        assert "set-cookie" not in web.ask(path).headers


@pytest.fixture(scope="module")
def shopless(shop: ConsoleShop) -> str:
    """The session of 何敏, whose shop was taken out of schedules.yaml."""
    closed = replace(load_schedules(shop.schedules).shops[0], key="closed")
    with shop.store.write() as session:
        user = add_user(session, "何敏", "manager", keep_shop(session, closed), by=Actor("林静"), now=shop.now)
        return f"{SESSION_COOKIE}={open_session(session, user.id, shop.now).token}"


@pytest.mark.parametrize("path", [*PAGES, CAMPAIGN, "/console/profile"])
def test_who_belongs_to_a_shop_that_is_gone_is_told_and_let_out(path: str, web: RunningWeb, shopless: str) -> None:
    """Every page says why it shows nothing, without a frame; the door stays open."""
    answer = page(web, path, shopless)
    assert answer.status == 409
    assert "您所属的门店已不在" in answer.body
    assert "/sign-out" in answer.body
    assert page(web, "/console/sign-out", shopless).status == 200


# ── the socket a page talks through ──


def test_a_pages_socket_is_refused_to_a_colleague_who_knows_its_id(console: RunningConsole, web: RunningWeb) -> None:
    """吴明 has the id of 周海's page: neither the address nor a handshake of his own lets him in; 周海 gets in."""
    mine, other = console.shop.token("manager"), console.shop.token("reader")
    page = opened_page(web, CAMPAIGN, mine)
    with open_socket(web, other, page.id) as refused:
        assert refused is None
    own = opened_page(web, CAMPAIGN, other)
    with open_socket(web, other, own.id) as his:
        assert his is not None
        hello = {"client_id": page.id, "tab_id": "his", "document_id": "his", "next_message_id": 0}
        assert his.ask("handshake", hello) is False
    with open_socket(web, mine, page.id) as accepted:
        assert accepted is not None


def test_a_colleague_presses_no_button_on_anothers_page(console: RunningConsole, web: RunningWeb) -> None:
    """Through his own socket 吴明 presses Pause on 周海's page: she sees nothing of it; her own click asks her."""
    mine, other = console.shop.token("manager"), console.shop.token("reader")
    page, own = opened_page(web, CAMPAIGN, mine), opened_page(web, CAMPAIGN, other)
    pause = page.click_on(PAUSE)
    with open_socket(web, mine, page.id) as hers, open_socket(web, other, own.id) as his:
        assert hers is not None
        assert his is not None
        his.ask("event", pause)
        heard = []
        for _ in range(2):  # an answer may hold the news of both
            hers.say("event", pause)
            heard += hers.hear("update")
        assert "open" not in heard  # as it were if his click had been taken for hers, and refused
        malformed: list[object] = [{**pause, "id": 0}, {"client_id": None}, [], page.id]
        assert [his.ask("event", message) for message in malformed] == [None] * 4


@pytest.mark.parametrize("how", ["signed out", "ended"])
def test_who_is_not_signed_in_any_more_hears_nothing_more(how: str, console: RunningConsole, web: RunningWeb) -> None:
    """陈小燕 signs out in another window, or is let go: the open page leads to the door, and its socket is cut."""
    token = console.shop.token("marketing")
    page = opened_page(web, CAMPAIGN, token)
    with open_socket(web, token, page.id) as hers:
        assert hers is not None
        if how == "signed out":
            sign_out(console.shop.store, token, console.shop.now)
        else:
            with console.shop.store.write() as session:
                end_user(session, console.shop.users["marketing"], by=Actor("林静"), now=console.shop.now)
        assert hers.hear()[-1] == "open"
    with pytest.raises(InvalidStatus) as refused, open_socket(web, token, page.id):
        pass
    assert refused.value.response.status_code == 403


# ── the log ──


def test_no_name_phone_password_or_token_reaches_the_log(console: RunningConsole, web: RunningWeb) -> None:
    """In an address, at the door, typed into a page or into a message that makes one fail, told by a browser."""
    name, phone, session = "陈晓芳", "13959512345", console.shop.token("owner")
    link, said = console.shop.link("何小敏"), quote(name)
    form = urlencode({"name": name, "password": PASSWORD}).encode()
    for path in (
        f"/console/customers?q={said}&phone={phone}", f"/console/customers/{said}", f"/console/{said}/{phone}", link,
        f"{link}/more", f"/console/_nicegui/{said}?q={phone}", f"/console/_nicegui_ws/{said}?q={said}", f"/l/{phone}",
        f"/console/shop/{said}", f"/{said}?{phone}",
    ):  # fmt: skip
        for cookie in (f"{SESSION_COOKIE}={session}", ""):
            page(web, path, cookie)
            web.ask(path, form, {"Cookie": cookie, "Origin": web.url})
    sign_in(web, Origin=web.url)
    customers = opened_page(web, "/console/customers", session)
    typed = customers.type_into("姓名、车牌、手机号或车架号")
    with open_socket(web, session, customers.id) as socket:
        assert socket is not None
        socket.ask("log", {"client_id": customers.id, "level": "error", "message": f"{name} {phone}"})
        socket.say("event", {**typed(name), "args": [name]})  # not even JSON
        socket.say("handshake", {"client_id": name})
        for words in (name, phone, {name: phone}):  # what no field sends
            socket.say("event", typed(words))
        while "console_action_failed" not in console.log():  # its line comes before its notice
            socket.hear("update")
    lines = console.log()
    assert "page_trouble" in lines
    assert '"route": "/console/customers"' in lines
    for secret in (name, said, phone, PASSWORD, session, link.rpartition("/")[2], hash_of(session)):
        assert secret not in lines, next(line for line in lines.splitlines() if secret in line)
