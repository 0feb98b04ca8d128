"""The door of a console, served for real, with one page behind it; and browsers that keep cookies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse

from notifier.locale import current_language
from notifier.schedules import Schedules, load_schedules
from notifier.store.engine import Store
from notifier.web.auth import Visitors, current_person
from notifier.web.policy import Policy
from notifier.web.sign_in import sign_in_router
from tests.support.web_server import Answer, RunningWeb, serving

SCHEDULES = """\
shop: {name: 东南店, signature: 东南, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: zh-CN}
campaigns:
  birthday: {rule: birthday, when: "0 10 * * *", stages: {day: 0}, template: birthday, kind: marketing}
"""
_TOKEN = re.compile(r'name="form" value="([^"]+)"')


@dataclass(frozen=True)
class Parts:
    """What the door needs."""

    store: Store
    clock: Callable[[], datetime]
    schedules: Callable[[], Schedules]
    is_https: bool = False
    public_url: str | None = None


def _app(parts: Parts) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(sign_in_router(parts, region="CN"))

    @app.api_route("/console/{page:path}", methods=["GET", "POST"])
    async def page(request: Request) -> Response:
        person = current_person.get()
        name = person.name if person else "nobody"
        assert person is None or request.state.person == person
        return PlainTextResponse(f"{name} {current_language()}")

    @app.websocket("/console/_nicegui_ws/socket.io/")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        person = current_person.get()
        await websocket.send_text(person.name if person else "nobody")
        await websocket.close()

    app.add_middleware(
        Visitors, store=parts.store, clock=parts.clock, is_https=parts.is_https, region="CN",
        public_url=parts.public_url,
    )  # fmt: skip
    app.add_middleware(Policy)
    return app


@dataclass
class Browser:
    """Keeps cookies, sends forms back as they came, and says where its pages are from."""

    web: RunningWeb
    origin: str
    cookies: dict[str, str] = field(default_factory=dict)
    languages: str = "zh-CN,zh;q=0.9"

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self._ask(path, None, {"Accept": "text/html", **headers})

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin, **headers}
        return self._ask(path, urlencode(form).encode(), sent)

    def fill_in(self, page: str, **fields: str) -> Answer:
        """Open a page and send its form back with these fields."""
        found = _TOKEN.search(self.get(page).body)
        assert found is not None
        return self.post(page.partition("?")[0], {"form": found[1], **fields})

    def sign_in(self, name: str, password: str, page: str = "/console/sign-in", **fields: str) -> Answer:
        """With a name and a password."""
        return self.fill_in(page, name=name, password=password, **fields)

    def _ask(self, path: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        kept = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        own = {name.replace("_", "-"): value for name, value in headers.items() if value}
        answer = self.web.ask(path, data, {"Accept-Language": self.languages, **kept, **own})
        for line in answer.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer


@contextmanager
def console_door(
    store: Store, clock: Callable[[], datetime], folder: Path, public_url: str | None = None
) -> Iterator[Browser]:
    """Somebody in front of it, with an empty browser."""
    file = folder / "schedules.yaml"
    file.write_text(SCHEDULES, encoding="utf-8")
    schedules = load_schedules(file)
    is_https = public_url is not None and public_url.startswith("https:")
    parts = Parts(store, clock, lambda: schedules, is_https, public_url)
    with serving(_app(parts)) as web:
        yield Browser(web, public_url or web.url)
