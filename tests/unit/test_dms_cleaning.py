"""What single cells of an export mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.cleaning import (
    Name,
    clean_amount,
    clean_code,
    clean_count,
    clean_name,
    clean_odometer,
    clean_plate,
    clean_sex,
    clean_text,
    clean_vin,
)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("LSVAU2A30N2183294", None),
        ("1M8GDM9AXKP042788", ("1M8GDM9AXKP042788", None)),
        ("1m8gdm9a xkp-042788", ("1M8GDM9AXKP042788", None)),
        ("1M8GDM9A1KP042788", ("1M8GDM9A1KP042788", "vin_check_digit")),
        ("１ｍ８ＧＤＭ９ＡＸＫＰ０４２７８８", ("1M8GDM9AXKP042788", None)),
        ('="1M8GDM9AXKP042788"', ("1M8GDM9AXKP042788", None)),
        ("1M8GDM9AXKP04278", (None, "bad_vin")),
        ("1M8GDM9AXKP0427888", (None, "bad_vin")),
        ("1M8GDM9AXKPI42788", (None, "bad_vin")),
        ("1M8GDM9AXKPQ42788", (None, "bad_vin")),
        ("1M8GDM9AXKPO42788", (None, "bad_vin")),
        ("11111111111111111", (None, "bad_vin")),
        ("", (None, "bad_vin")),
    ],
)
def test_vins(text: str, expected: tuple[str | None, str | None] | None) -> None:
    """17 characters without I, O, Q; a wrong check digit only warns."""
    assert clean_vin(text) == (expected or (text, "vin_check_digit"))


@pytest.mark.parametrize(
    "text, region, expected",
    [
        ("闽C·12345", "CN", ("闽C12345", None)),
        ("闽c d12345", "CN", ("闽CD12345", None)),
        ("粤B1234学", "CN", ("粤B1234学", None)),
        ("无牌", "CN", (None, None)),
        ("'闽C12345", "CN", ("闽C12345", None)),
        ("12345", "CN", (None, "bad_plate")),
        ("AB-12 CDE", "GB", ("AB12CDE", None)),
    ],
)
def test_plates(text: str, region: str, expected: tuple[str | None, str | None]) -> None:
    """Chinese plates keep their pattern, others their letters and digits."""
    assert clean_plate(text, region) == expected


@pytest.mark.parametrize(
    "text, minor",
    [
        ("800", 80_000), ("￥1,234.50", 123_450), ("1234.5元", 123_450), ("-80", -8_000), ("(80)", -8_000),
        ("￥-80.00", -8_000),
        ("80.00-", -8_000), ("￥(1,234.50)", -123_450), ("800元整", 80_000),
        ("人民币8元", 800), ("0.005", 1), ("１２", 1_200), ("", None), ("CNY 5", 500),
    ],
)  # fmt: skip
def test_amounts(text: str, minor: int | None) -> None:
    """Money in minor units; negative is a refund."""
    assert clean_amount(text) == (minor, None)


@pytest.mark.parametrize("text", ["abc", "1.2.3", "--5", "=1+1"])
def test_amounts_that_are_none(text: str) -> None:
    """Doubted, not guessed."""
    assert clean_amount(text) == (None, "bad_amount")


@given(st.integers(-(10**9), 10**9))
def test_a_written_amount_is_read_back(minor: int) -> None:
    """With thousands separators and a currency sign."""
    assert clean_amount(f"￥{minor / 100:,.2f}") == (minor, None)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("12,345 km", (12_345, None)), ("1.2万公里", (12_000, None)), ("5000.0", (5000, None)), ("", (None, None)),
        ("0", (0, "bad_odometer")), ("-5", (None, "bad_odometer")), ("x", (None, "bad_odometer")),
        ("99999999", (None, "bad_odometer")), ("inf", (None, "bad_odometer")),
    ],
)  # fmt: skip
def test_odometers(text: str, expected: tuple[int | None, str | None]) -> None:
    """Whole kilometres; zero is what people type who do not look."""
    assert clean_odometer(text) == expected


@pytest.mark.parametrize(
    "text, name",
    [
        ("陈女士", Name("陈", "f", is_company=False)),
        ("王先生", Name("王", "m", is_company=False)),
        ("Mr. Smith", Name("Smith", "m", is_company=False)),
        ("Missy Elliott", Name("Missy Elliott", None, is_company=False)),
        ("福州贸易有限公司", Name("福州贸易有限公司", None, is_company=True)),
        ("Acme Ltd", Name("Acme Ltd", None, is_company=True)),
        ("=HYPERLINK(1)", Name("=HYPERLINK(1)", None, is_company=False)),
        ("先生", Name(None, "m", is_company=False)),
        ("陈红(女士)", Name("陈红", "f", is_company=False)),
        ("陈红 先生/女士", Name("陈红", None, is_company=False)),
        ('="陈红"', Name("陈红", None, is_company=False)),
        ("'=1+1", Name("=1+1", None, is_company=False)),
        ("@SUM(A1)", Name("@SUM(A1)", None, is_company=False)),
        ("-", Name(None, None, is_company=False)),
        ("泉州市公安局", Name("泉州市公安局", None, is_company=True)),
        ("李局", Name("李局", None, is_company=False)),
        ("  ", Name(None, None, is_company=False)),
    ],
)
def test_names(text: str, name: Name) -> None:
    """A title tells the sex; a company is marked; a formula is a name."""
    assert clean_name(text) == name


def test_codes_lose_what_excel_added() -> None:
    """Order, customer and policy numbers stay themselves, leading zeros included."""
    assert [clean_code(text) for text in ('="00123"', "1001.0", " r 1 ", "'007", "无")] == [
        "00123", "1001", "R1", "007", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text, sex", [("男", "m"), ("女", "f"), ("F", "f"), ("1", "m"), ("2", "f"), ("0", None), ("", None)]
)
def test_sexes(text: str, sex: str | None) -> None:
    """Words, letters and the codes of GB/T 2261.1."""
    assert clean_sex(text) == sex


def test_points() -> None:
    """Whole numbers, or doubted."""
    assert [clean_count(text) for text in ("1,200", "12.0", "", "many")] == [
        (1200, None), (12, None), (None, None), (None, "bad_number"),
    ]  # fmt: skip


@given(st.text())
def test_any_text_is_cleaned_without_breaking(text: str) -> None:
    """No cell breaks an import, and cleaning twice changes nothing."""
    for rule in (clean_vin, clean_amount, clean_odometer, clean_count, clean_name, clean_sex):
        rule(text)
    clean_plate(text, "CN")
    once = clean_text(text)
    assert once is None or clean_text(once) == once
    code = clean_code(text)
    assert code is None or code.strip() == code
