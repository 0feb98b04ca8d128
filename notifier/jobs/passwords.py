"""Names and passwords: how a name is compared, what a password must be, and the slow hash that is kept of it."""

from __future__ import annotations

import unicodedata
from functools import cache

from pwdlib import PasswordHash

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["LEAST", "clean_name", "folded", "hashed", "is_right", "raise_if_password_is_weak"]

LEAST = 10  # characters
MOST = 200  # a hash's cost grows with them
LONGEST_NAME = 60
FEWEST_KINDS = 4  # different characters

# Those of ten characters and more that lists of stolen passwords open with, in China and elsewhere.
COMMON = frozenset({
    "1234567890", "12345678910", "0123456789", "0987654321", "123456789a", "a123456789", "123456789q", "q123456789",
    "1q2w3e4r5t", "1qaz2wsx3edc", "qwertyuiop", "qwerty12345", "asdfghjkl;", "password12", "password123",
    "password1234", "passw0rd123", "p@ssw0rd123", "administrator", "admin12345", "admin123456", "woaini1314",
    "woaini520", "woaini1314520", "5201314520", "1314520520", "iloveyou123", "iloveyou520", "abcd123456",
    "abc1234567", "aa12345678", "qq123456789", "welcome123", "changeme123", "letmein123",
})  # fmt: skip


def clean_name(name: str) -> str:
    """A person's name as it is shown: one space between its parts. Raises BadInput for none, or a very long one."""
    clean = " ".join(unicodedata.normalize("NFKC", name).split())
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise BadInput(N_("A person needs a name of 1 to {most} characters."), most=LONGEST_NAME)
    return clean


def folded(name: str) -> str:
    """A name as it is compared: full-width letters, capitals and spaces make no difference."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())[:LONGEST_NAME]


def raise_if_password_is_weak(password: str, name: str) -> None:
    """Raises BadInput with what is wrong with a new password of the person `name`."""
    plain = folded_password(password)
    if len(plain) < LEAST:
        raise BadInput(N_("A password needs at least {least} characters."), least=LEAST)
    if len(plain) > MOST:
        raise BadInput(N_("A password may have at most {most} characters."), most=MOST)
    bare = "".join(plain.casefold().split())
    if bare.strip("0123456789!.") == "".join(folded(name).split()):
        raise BadInput(N_("A password must not be the person's own name."))
    if bare in COMMON or len(set(bare)) < FEWEST_KINDS:
        raise BadInput(N_("This password is among the first anybody would try; choose another one."))


def folded_password(password: str) -> str:
    """A password as it is hashed: typed in full-width or half-width letters, it is the same."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """What is kept of a password. Takes some 50 ms and 64 MB on purpose: never inside a transaction."""
    return _hasher().hash(_bytes(password))


def is_right(password: str, kept: str | None) -> bool:
    """Is it the password this hash was made of? Takes as long where nothing is kept: time tells nobody who exists."""
    right = _hasher().verify(_bytes(password), kept or _hash_of_nobody())
    return right and kept is not None


def _bytes(password: str) -> bytes:
    return folded_password(password)[:MOST].encode("utf-8", "surrogatepass")


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash("nobody has this password")
