"""What browsers say: which origin is ours, which page of ours was wanted, and the address a link is handed on with."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from notifier.web.browsers import Site, address_for_others, local_page

PUBLIC = "https://sms.example.com"


def asked(scheme: str = "http", peer: str = "192.0.2.9", **headers: str) -> HTTPConnection:
    """A request with these headers."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({
        "type": "http", "scheme": scheme, "path": "/console/users", "query_string": b"", "headers": pairs,
        "client": (peer, 1), "server": ("127.0.0.1", 8321),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("http://127.0.0.1:8321", "127.0.0.1:8321", True),
        ("http://shop.local", "shop.local:80", True),
        ("https://shop.local", "shop.local:443", True),
        ("https://SMS.example.com", "127.0.0.1:8321", True),
        ("https://sms.example.com:443", "127.0.0.1:8321", True),
        ("http://sms.example.com", "127.0.0.1:8321", False),
        ("http://127.0.0.1:8322", "127.0.0.1:8321", False),
        ("https://127.0.0.1:8321.evil.example", "127.0.0.1:8321", False),
        ("https://sms.example.com.evil.example", "127.0.0.1:8321", False),
        ("http://[::1]:8321", "[::1]:8321", True),
        ("null", "127.0.0.1:8321", False),
        ("http://", "", False),
        ("", "", False),
        ("ftp://127.0.0.1", "127.0.0.1", False),
        ("http://a:x", "a:x", False),
    ],
)
def test_only_the_asked_host_and_the_public_one_are_ours(origin: str, host: str, is_own: bool) -> None:
    """With port and scheme; whatever cannot be read is not."""
    assert Site(True, PUBLIC).is_own(origin, host) is is_own


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_https", "address"),
    [
        ("8.8.8.8", "", True, "8.8.8.8"),
        ("8.8.8.8", "198.51.100.7", True, "8.8.8.8"),
        ("127.0.0.1", "10.0.0.1, 198.51.100.7", True, "198.51.100.7"),
        ("172.18.0.2", "2001:db8:1:2:3:4:5:6", True, "2001:db8:1:2::/64"),
        ("127.0.0.1", "198.51.100.7", False, "127.0.0.1"),
        ("::ffff:198.51.100.7", "", False, "198.51.100.7"),
        ("127.0.0.1", "not an address", True, "127.0.0.1"),
        ("unix", "", True, "unix"),
    ],
)
def test_the_address_is_what_nobody_can_make_up(peer: str, forwarded: str, is_https: bool, address: str) -> None:
    """The proxy's own word, the last of the list, and only where there is a proxy of ours."""
    headers = {"x_forwarded_for": forwarded} if forwarded else {}
    assert Site(is_https).address_of(asked(peer=peer, **headers)) == address


@pytest.mark.parametrize(
    ("scheme", "host", "public", "address"),
    [
        ("http", "shop.local:8321", None, "http://shop.local:8321/console"),
        ("http", "192.168.1.5:8321", PUBLIC, "http://192.168.1.5:8321/console"),
        ("http", "sms.example.com", PUBLIC, f"{PUBLIC}/console"),
        ("http", "127.0.0.1:8321", PUBLIC, f"{PUBLIC}/console"),
        ("http", "localhost:8321", PUBLIC, f"{PUBLIC}/console"),
        ("http", "127.0.0.1:8321", None, "http://127.0.0.1:8321/console"),
    ],
)
def test_a_link_is_handed_on_with_the_address_others_reach(
    scheme: str, host: str, public: str | None, address: str
) -> None:
    """As its maker came in; the machine itself is nobody else's."""
    assert address_for_others(asked(scheme, host=host), public) == address


@pytest.mark.parametrize("wanted", ["/console/", "/console/customers?q=%E9%99%88", "/console/templates/zh-CN/birthday"])
def test_a_page_of_ours_is_gone_on_to(wanted: str) -> None:
    """With what was asked of it."""
    assert local_page(wanted) == wanted
