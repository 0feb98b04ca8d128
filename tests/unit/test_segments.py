"""Segments: the providers' vectors, and a slow oracle for the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.segments import count_segments


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("👨‍👩‍👧", "UCS-2", 1),
        ("{" * 80, "GSM-7", 1),
        ("a" * 159 + "{", "GSM-7", 2),
        ("€" * 81, "GSM-7", 2),
        ("您" * 70, "UCS-2", 1),
        ("您" * 71, "UCS-2", 2),
        ("您" * 66 + "😀" + "您" * 10, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),
        ("^" * 153, "GSM-7", 3),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("您" * 134, "UCS-2", 2),
        ("您" * 135, "UCS-2", 3),
        ("a" * 152 + "{" + "a" * 152, "GSM-7", 3),
        ("a" * 152 + "{" + "a" * 151, "GSM-7", 2),
    ],
)
def test_the_providers_vectors(text: str, encoding: str, count: int) -> None:
    """The vectors of facts/providers.md and the edges beside them."""
    counted = count_segments(text)
    assert (counted.encoding, counted.count) == (encoding, count)


@pytest.mark.parametrize("char", ["ç", "`", "\t", "\u00a0", "“", "”", "’", "您", "😀"])
def test_characters_that_look_harmless_force_ucs2(char: str) -> None:
    """Each is named, so that the lint can point at it."""
    assert count_segments(f"Hello {char} hello {char}").forcing == (char,)


@pytest.mark.parametrize("char", [*"@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r", *"^{}\\[~]|€\f"])
def test_the_gsm_alphabet_stays_gsm(char: str) -> None:
    """The odd letters of GSM 03.38 cost no second alphabet; the extension table costs two units."""
    counted = count_segments(char)
    assert (counted.encoding, counted.units) == ("GSM-7", 2 if char in "^{}\\[~]|€\f" else 1)


def test_forcing_characters_are_distinct_and_in_order() -> None:
    """您 twice is one finding."""
    assert count_segments("a您b好c您").forcing == ("您", "好")


def test_room_changes_when_a_text_is_split() -> None:
    """Each part carries a header."""
    assert count_segments("a" * 160).per_segment == 160
    assert count_segments("a" * 161).per_segment == 153
    assert count_segments("您" * 70).per_segment == 70
    assert count_segments("您" * 71).per_segment == 67


def test_an_empty_text_is_billed_as_one() -> None:
    """Providers bill an empty GSM text as one segment."""
    counted = count_segments("")
    assert (counted.encoding, counted.count, counted.units, counted.forcing) == ("GSM-7", 1, 0, ())


@given(st.text(st.sampled_from("a€{您😀é\n"), max_size=500))
def test_no_pair_is_ever_split(text: str) -> None:
    """Fill the parts one by one, as a phone would: the number of parts is the count."""
    counted = count_segments(text)
    gsm = counted.encoding == "GSM-7"
    widths = [(2 if c in "€{" else 1) if gsm else len(c.encode("utf-16-be")) // 2 for c in text]
    assert counted.units == sum(widths)
    parts = [0]
    for width in widths:
        if parts[-1] + width > counted.per_segment:
            parts.append(0)
        parts[-1] += width
    assert counted.count == len(parts)
    assert all(part <= counted.per_segment for part in parts)


@given(st.text(max_size=400), st.text(max_size=20))
def test_more_text_never_costs_less(text: str, more: str) -> None:
    """Any Unicode at all, lone surrogates excepted by the text type itself."""
    assert count_segments(text + more).count >= count_segments(text).count
