"""What a stranger, another site and a curious colleague get from the web part: refusals that tell nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from notifier.web.browsers import SECURE, SESSION_COOKIE
from notifier.web.forms import FORM_COOKIE
from tests.support.console_server import IMPORTS, RunningConsole, running_console
from tests.support.console_shop import PASSWORD, ROLES, ConsoleShop, make_console_shop
from tests.support.crew import Crew, crew_in
from tests.support.web_server import Answer, RunningWeb

ABROAD = "https://example.com"
SOCKET = "/console/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
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
        assert str(socket.recv(timeout=10)).startswith("0{")


def test_what_was_there_before_the_console_answers_as_before(web: RunningWeb) -> None:
    """Health, webhooks and short links need no session and start none."""
    assert web.ask("/healthz").body == '{"alive":true}'
    assert web.ask("/readyz").status == 200
    assert web.ask("/metrics").status == 200
    assert web.ask("/webhooks/twilio/status", b"MessageSid=x", {"Origin": ABROAD}).status == 403
    assert web.ask("/l/nothing").status == 404
    for path in OTHERS[:6]:
        assert "set-cookie" not in web.ask(path).headers
