"""What a browser says beside its question: the languages it wants, where the question comes from, who asks."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from notifier.locale import LANGUAGES, nearest_language
from notifier.web.policy import CONSOLE

__all__ = ["SECURE", "SESSION_COOKIE", "Site", "address_for_others", "asked_language", "local_page", "token_of"]

SESSION_COOKIE = "notifier_session"
SECURE = "__Secure-"
DEFAULT_PORTS = {"http": 80, "https": 443}
ASKED_AT_MOST = 20  # languages
LONGEST_PAGE = 1000  # characters
DOORS = tuple(f"{CONSOLE}/{page}" for page in ("sign-in", "sign-out", "welcome"))


def asked_language(header: str, region: str) -> str:
    """The best of ours in an Accept-Language header; where it asks for neither, Chinese for a shop in China."""
    wanted = [_weighed(each) for each in header.split(",")[:ASKED_AT_MOST]]
    for _weight, tag in sorted(wanted, key=lambda each: -each[0]):
        if tag.lower().split("-")[0] in ("zh", "en"):
            return nearest_language(tag)
    return LANGUAGES[0] if region == "CN" else "en"


def _weighed(part: str) -> tuple[float, str]:
    tag, _semicolon, weight = part.strip().partition(";")
    try:
        weighed = float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        return 0.0, ""
    return weighed, tag.strip() if weighed > 0 else ""


def token_of(connection: HTTPConnection) -> str | None:
    """The session's token, as the cookie brings it: the one set over https wins."""
    cookies = connection.cookies
    return cookies.get(SECURE + SESSION_COOKIE) or cookies.get(SESSION_COOKIE)


def address_for_others(request: HTTPConnection, public_url: str | None) -> str:
    """The console's address for a link that is handed on: as its maker reached it, unless on the machine itself."""
    url = request.url
    host = url.hostname or ""
    is_own = host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
    public = urlsplit(public_url) if public_url else None
    if public is not None and (is_own or host == public.hostname):
        return f"{public_url}{CONSOLE}"
    return f"{url.scheme}://{url.netloc}{CONSOLE}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def local_page(wanted: str) -> str:
    """The page of the console somebody wanted; its first page where that is none of ours."""
    path = wanted.partition("?")[0].partition("#")[0]
    is_plain = wanted.isprintable() and wanted.isascii() and not set(wanted) & set('\\"<>')
    is_ours = path.startswith(f"{CONSOLE}/") and ".." not in path and "//" not in path
    is_door = path.startswith(DOORS)
    return wanted if is_plain and is_ours and not is_door and len(wanted) <= LONGEST_PAGE else f"{CONSOLE}/"


@dataclass(frozen=True, slots=True)
class Site:
    """How browsers reach us. `public_url`: the address given out, where there is one."""

    is_https: bool = False
    public_url: str | None = None

    def is_own(self, origin: str, host: str) -> bool:
        """Is this the origin of our own pages: the host that was asked, or the public one?"""
        try:
            parts = urlsplit(origin)
            asked = urlsplit(f"{parts.scheme}://{host}")
            known = {_place(parts.scheme, asked.hostname, asked.port)}
            if self.public_url is not None:
                public = urlsplit(self.public_url)
                known.add(_place(public.scheme, public.hostname, public.port))
            is_web = parts.scheme in DEFAULT_PORTS and bool(parts.hostname)
            return is_web and _place(parts.scheme, parts.hostname, parts.port) in known
        except ValueError:
            return False

    def is_foreign(self, connection: HTTPConnection) -> bool:
        """Does another site's page ask? False where the browser does not say."""
        origin = connection.headers.get("origin")
        if origin is None or (origin == "null" and _is_same_origin(connection)):
            return False
        return not self.is_own(origin, connection.headers.get("host", ""))

    def is_from_own_page(self, connection: HTTPConnection) -> bool:
        """Is it proven that a page of ours asks?"""
        if connection.headers.get("origin", "null") != "null":
            return not self.is_foreign(connection)
        return _is_same_origin(connection)

    def is_secure(self, connection: HTTPConnection) -> bool:
        """Does the browser speak https, to us or to the proxy before us? Its page's own address knows best."""
        origin = connection.headers.get("origin", "")
        if origin.startswith(("http://", "https://")):
            return origin.startswith("https://")
        return self.is_https or connection.url.scheme in ("https", "wss")

    def address_of(self, connection: HTTPConnection) -> str:
        """Who asks: the network's address; behind a TLS proxy of ours, the one the proxy saw.

        An IPv6 customer has a whole /64 to himself, which counts as one.
        """
        peer = connection.client.host if connection.client else ""
        forwarded = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        seen = forwarded if forwarded and self.is_https and _is_near(peer) else peer
        try:
            address = ip_address(seen.partition("%")[0])
        except ValueError:
            return peer
        if isinstance(address, IPv6Address):
            mapped = address.ipv4_mapped
            return str(mapped) if mapped else f"{IPv6Address(int(address) >> 64 << 64)}/64"
        return str(address)


def _is_same_origin(connection: HTTPConnection) -> bool:
    """As browsers say themselves; no script can make them say it."""
    return connection.headers.get("sec-fetch-site") == "same-origin"


def _place(scheme: str, host: str | None, port: int | None) -> tuple[str, int]:
    return (host or "").lower(), port or DEFAULT_PORTS.get(scheme, 0)


def _is_near(peer: str) -> bool:
    """A proxy of ours stands on the same machine or in the same private network."""
    return _is_address(peer) and ip_address(peer).is_private
