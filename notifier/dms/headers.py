"""Which column is which: built-in names in Chinese and English, and a mapping for the rest.

A header is compared without spaces, punctuation, units in brackets and letter case, so ``金额(元)``, ``Amount`` and
``金 额`` are one. Traditional characters are read as simplified ones, so each name is listed once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from notifier.dms.columns import KINDS, Kind
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["Mapped", "count_known", "map_headers", "normal", "read_mapping"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The columns chosen: field → header as written, and → its place; headers nobody knows; fields not in the file."""

    columns: Mapping[str, str]
    places: Mapping[str, int]
    unrecognised: tuple[str, ...]
    absent: tuple[str, ...]


_TRADITIONAL = str.maketrans(
    "進駛裡戶編號車電話聯繫係動機碼牌誕證檔區縣語級會員積點購時間險驗貸狀態營銷許來廠廠維單結託書開類別種業務總應實產優"
    "顧問專員價卷發給貴賓傳質證認記錄稱謂識底盤輛號銷終止簽費終數額應層級檢歲爾於項無從師準標",
    "进驶里户编号车电话联系系动机码牌诞证档区县语级会员积点购时间险验贷状态营销许来厂厂维单结托书开类别种业务总应实产优"
    "顾问专员价卷发给贵宾传质证认记录称谓识底盘辆号销终止签费终数额应层级检岁尔于项无从师准标",
)
_BRACKETED = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_NOISE = re.compile(r"[\W_]+")


@lru_cache(maxsize=2048)
def normal(header: str) -> str:
    """A header as it is compared: NFKC, simplified, lower case, letters and digits only."""
    text = unicodedata.normalize("NFKC", header).casefold().translate(_TRADITIONAL)
    return _NOISE.sub("", _BRACKETED.sub("", text)) or _NOISE.sub("", text)


def _names_of(kind: Kind) -> dict[str, str]:
    names = {normal(field): field for field in kind.aliases}
    return names | {normal(alias): field for field, aliases in kind.aliases.items() for alias in aliases}


_FIELD_BY_NAME = {kind.name: _names_of(kind) for kind in KINDS.values()}


def count_known(cells: Sequence[str], mapping: Mapping[str, str] | None = None) -> int:
    """How many cells of a row are column names of any kind (or of `mapping`): what tells a header row from a title."""
    chosen = {normal(header) for header in (mapping or {}).values()}
    names = {normal(cell) for cell in cells if cell.strip()}
    return sum(name in chosen or any(name in known for known in _FIELD_BY_NAME.values()) for name in names)


def map_headers(headers: Sequence[str], kind: Kind, mapping: Mapping[str, str] | None = None) -> Mapped:
    """Field → header for a file of this `kind`; `mapping` (field → header) wins over the built-in names.

    The first of two columns with the same meaning is taken. Raises BadInput where a required field has no column, where
    the file is plainly of another kind, or where `mapping` names a field or a header that does not exist.
    """
    columns = _chosen_by_hand(headers, kind, mapping or {})
    known = _FIELD_BY_NAME[kind.name]
    for header in headers:
        field = known.get(normal(header))
        if field and field not in columns and header not in columns.values():
            columns[field] = header
    _raise_if_another_kind(headers, kind, columns)
    _raise_if_required_missing(headers, kind, columns)
    used = set(columns.values())
    return Mapped(
        MappingProxyType(columns),
        MappingProxyType({field: headers.index(header) for field, header in columns.items()}),
        tuple(header for header in headers if header.strip() and header not in used),
        tuple(field for field in kind.aliases if field not in columns),
    )


def _chosen_by_hand(headers: Sequence[str], kind: Kind, mapping: Mapping[str, str]) -> dict[str, str]:
    by_name = {normal(header): header for header in reversed(headers)}
    columns = {}
    for field, header in mapping.items():
        if field not in kind.aliases:
            raise BadInput(
                N_("The mapping names the field {field}, which {kind} do not have; the fields are {fields}."),
                field=field,
                kind=kind.name,
                fields=", ".join(kind.aliases),
            )
        if normal(header) not in by_name:
            raise BadInput(
                N_(
                    "The mapping gives {field} the column {header}, which the file does not have; its columns are "
                    "{headers}."
                ),
                field=field,
                header=header,
                headers=", ".join(headers),
            )
        columns[field] = by_name[normal(header)]
    return columns


def _raise_if_another_kind(headers: Sequence[str], kind: Kind, columns: Mapping[str, str]) -> None:
    """A column that gives another kind its identity (order no., policy no.) and none of ours means the wrong file."""
    mine = _FIELD_BY_NAME[kind.name]
    used = set(columns.values())
    for other in KINDS.values():
        theirs = _FIELD_BY_NAME[other.name]
        found = {theirs[normal(header)] for header in headers if normal(header) in theirs and header not in used}
        marks = {field for field in other.required if field != "vin" and field in found}
        distinct = {theirs.get(normal(header)) for header in headers if normal(header) not in mine}
        if other is not kind and marks and marks == set(other.required) - {"vin"} and marks <= distinct:
            raise BadInput(
                N_("This looks like a file of {other}, not of {kind}; import it as {other}."),
                other=other.name,
                kind=kind.name,
            )


def _raise_if_required_missing(headers: Sequence[str], kind: Kind, columns: Mapping[str, str]) -> None:
    missing = [field for field in kind.required if field not in columns]
    if missing:
        raise BadInput(
            N_(
                "The file of {kind} has no column for {missing}; its columns are {headers}. Name it in a mapping file, "
                "one line a field such as {example}, and give it with --mapping M.yaml."
            ),
            kind=kind.name,
            missing=", ".join(missing),
            headers=", ".join(h for h in headers if h.strip()),
            example=f'"{missing[0]}: {next((h for h in headers if h.strip()), "…")}"',
        )


def read_mapping(path: Path) -> dict[str, str]:
    """A mapping file: YAML, ``field: header`` a line. Raises BadInput where it cannot be read as that."""
    try:
        content = YAML(typ="safe").load(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise BadInput(
            N_("The mapping file {path} cannot be read ({detail}); write one line a field, such as {example}."),
            path=str(path),
            detail=type(error).__name__,
            example='"vin: 车架号"',
        ) from error
    if not isinstance(content, dict) or not all(isinstance(header, str | int) for header in content.values()):
        raise BadInput(
            N_("The mapping file {path} is not a list of fields; write one line a field, such as {example}."),
            path=str(path),
            example='"vin: 车架号"',
        )
    return {str(field): str(header) for field, header in content.items()}
