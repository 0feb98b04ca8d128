"""Which column is which: built-in names in Chinese and English, and a mapping for the rest.

A header is compared without spaces, punctuation, units in brackets and letter case, so ``金额(元)``, ``Amount`` and
``金 额`` are one. Traditional characters are read as simplified ones, so each name is listed once.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from notifier.dms.columns import CONTACTS, CUSTOMERS, KINDS, Kind
from notifier.dms.unopened import cannot_be_opened
from notifier.errors import BadInput
from notifier.locale import N_, WhenShown, _, listed
from notifier.locale.fields import fields_with_keys
from notifier.locale.records import records_word

__all__ = ["Mapped", "count_known", "guess_kind", "map_headers", "normal", "places_of", "read_mapping"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The columns chosen: field → header as written, and → its place; headers nobody knows; fields not in the file.

    `spares`: field → places of further columns of that meaning, which speak where the chosen one is empty.
    """

    columns: Mapping[str, str]
    places: Mapping[str, int]
    unrecognised: tuple[str, ...]
    absent: tuple[str, ...]
    spares: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)


_PAIRS = (
    "進进 駛驶 裡里 裏里 戶户 編编 號号 車车 電电 話话 聯联 繫系 係系 動动 碼码 檔档 區区 縣县 語语 級级 會会 "
    "員员 積积 購购 時时 間间 險险 驗验 貸贷 狀状 態态 營营 銷销 許许 來来 廠厂 維维 單单 結结 託托 書书 開开 "
    "類类 別别 種种 業业 務务 總总 應应 實实 產产 優优 顧顾 問问 專专 卷券 劵券 質质 記记 稱称 謂谓 識识 盤盘 "
    "輛辆 終终 簽签 費费 數数 額额 檢检 農农 曆历 歷历 陰阴 屬属 現现 錶表 讀读 絡络 買买 庫库 辦办 據据 備备 "
    "際际 顯显 餘余 當当 稅税 繳缴 續续 製制 計计 傭佣 權权 機机 溝沟 構构 徑径"
)
_TRADITIONAL = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
"""Characters of headers and of the words around them; each pair is traditional, simplified."""
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


def _ranks_of(kind: Kind) -> dict[str, int]:
    """Name → how far behind it stands among the names of its field; the field's own name comes first."""
    ranks: dict[str, int] = {}
    for field, aliases in kind.aliases.items():
        for rank, name in enumerate((field, *aliases)):
            ranks.setdefault(normal(name), rank)
    return ranks


_FIELD_BY_NAME = {kind.name: _names_of(kind) for kind in KINDS.values()}
_RANK_OF_NAME = {kind.name: _ranks_of(kind) for kind in KINDS.values()}


def count_known(cells: Sequence[str], mapping: Mapping[str, str] | None = None) -> int:
    """How many cells of a row are column names of any kind (or of `mapping`): what tells a header row from a title."""
    chosen = {normal(header) for header in (mapping or {}).values()}
    names = {normal(cell) for cell in cells if cell.strip()}
    return sum(name in chosen or any(name in known for known in _FIELD_BY_NAME.values()) for name in names)


def map_headers(headers: Sequence[str], kind: Kind, mapping: Mapping[str, str] | None = None) -> Mapped:
    """Field → header for a file of this `kind`; `mapping` (field → header) wins over the built-in names.

    Of several columns with one meaning the one whose name stands first in `kind.aliases` is taken (手机 before 电话),
    of two with the same name the first. Raises BadInput where a required field has no column, where the file is plainly
    of another kind, or where `mapping` names a field or a header that does not exist.
    """
    by_hand = _chosen_by_hand(headers, kind, mapping or {})
    places = {field: headers.index(header) for field, header in by_hand.items()}
    spares: dict[str, tuple[int, ...]] = {}
    for field, (first, *others) in _candidates(headers, kind, set(places.values())).items():
        if field not in places:
            places[field] = first
            spares[field] = tuple(others) if field in kind.spared else ()
    columns = {field: headers[place] for field, place in sorted(places.items(), key=lambda item: item[1])}
    _raise_if_another_kind(headers, kind, columns)
    _raise_if_required_missing(headers, kind, columns)
    used = {*places.values(), *(place for others in spares.values() for place in others)}
    told = {normal(name) for name in kind.told}
    return Mapped(
        MappingProxyType(columns),
        MappingProxyType(places),
        tuple(
            header
            for place, header in enumerate(headers)
            if header.strip() and place not in used and normal(header) not in told
        ),
        tuple(field for field in kind.aliases if field not in columns),
        MappingProxyType({field: others for field, others in spares.items() if others}),
    )


def places_of(headers: Sequence[str], kind: Kind) -> Mapping[str, Sequence[int]]:
    """Field → the places of the columns whose names mean it, best name first: for a file that need not be whole."""
    return _candidates(headers, kind, set())


def _candidates(headers: Sequence[str], kind: Kind, taken: set[int]) -> dict[str, list[int]]:
    """Field → the places of the columns whose names mean it, best name first."""
    fields, ranks = _FIELD_BY_NAME[kind.name], _RANK_OF_NAME[kind.name]
    found: dict[str, list[int]] = {}
    for place in sorted(set(range(len(headers))) - taken, key=lambda at: (ranks.get(normal(headers[at]), 0), at)):
        field = fields.get(normal(headers[place]))
        if field is not None:
            found.setdefault(field, []).append(place)
    return found


def _chosen_by_hand(headers: Sequence[str], kind: Kind, mapping: Mapping[str, str]) -> dict[str, str]:
    by_name = {normal(header): header for header in reversed(headers)}
    columns = {}
    for field, header in mapping.items():
        if field not in kind.aliases:
            raise BadInput(
                N_("The mapping names the field {field}, which {kind} do not have; the fields are {fields}."),
                field=field,
                kind=_records(kind),
                fields=_fields(kind.aliases),
            )
        if normal(header) not in by_name:
            raise BadInput(
                N_(
                    "The mapping gives {field} the column {header}, which the file does not have; its columns are "
                    "{headers}."
                ),
                field=field,
                header=header,
                headers=_names(headers),
            )
        columns[field] = by_name[normal(header)]
    return columns


def _raise_if_another_kind(headers: Sequence[str], kind: Kind, columns: Mapping[str, str]) -> None:
    """A column that gives another kind its identity (order no., policy no.) and none of ours means the wrong file.

    A phone is no such column where ours are all there: visits and policies are often listed with it. Nor are the day
    and the result of the latest call, unless the row of a worklist is named.
    """
    mine = _FIELD_BY_NAME[kind.name]
    used = set(columns.values())
    is_whole = all(field in columns for field in kind.required)
    for other in KINDS.values():
        theirs = _FIELD_BY_NAME[other.name]
        is_worklist = other is CONTACTS and any(theirs.get(normal(header)) == "row_id" for header in headers)
        if is_whole and (other is CUSTOMERS or (other is CONTACTS and not is_worklist)):
            continue
        found = {theirs[normal(header)] for header in headers if normal(header) in theirs and header not in used}
        marks = {field for field in other.required if field != "vin" and field in found}
        distinct = {theirs.get(normal(header)) for header in headers if normal(header) not in mine}
        if other is not kind and marks and marks == set(other.required) - {"vin"} and marks <= distinct:
            raise BadInput(
                N_("This looks like a file of {other}, not of {kind}; import it with: {command}"),
                other=_records(other),
                kind=_records(kind),
                command=f"notifier import {other.name} FILE",
            )


def _raise_if_required_missing(headers: Sequence[str], kind: Kind, columns: Mapping[str, str]) -> None:
    missing = [field for field in kind.required if field not in columns]
    if missing:
        raise BadInput(
            N_(
                "The file of {kind} has no column for {missing}; its columns are {headers}. Name it in a mapping file, "
                "one line a field such as {example}, and give it with --mapping M.yaml."
            ),
            kind=_records(kind),
            missing=_fields(missing),
            headers=_names(headers),
            example=_example(missing[0], headers),
        )


def _records(kind: Kind) -> WhenShown:
    return WhenShown(lambda: records_word(kind.name))


def _names(headers: Sequence[str]) -> WhenShown:
    return WhenShown(lambda: listed(header for header in headers if header.strip()))


def _fields(fields: Iterable[str]) -> WhenShown:
    return WhenShown(lambda: fields_with_keys(fields))


def _example(field: str, headers: Sequence[str]) -> WhenShown:
    """A line of a mapping file. Never a column known as something else: whoever copies it would lose that."""
    free = next((name for name in headers if name.strip() and not count_known([name])), None)
    return WhenShown(lambda: f'"{field}: {free or _("NAME OF THE COLUMN")}"')


_WORDS_OF_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "customers": ("客户", "车主", "customer", "owner"),
    "visits": ("工单", "维修", "visit", "order"),
    "renewals": ("保单", "续保", "renewal", "polic"),
    "contacts": ("招揽", "跟进", "外呼", "worklist", "contact", "calls"),
})  # fmt: skip
"""Words in a file's name that say what is in it; simplified, as `normal` makes them."""


def guess_kind(
    headers: Sequence[str], mappings: Mapping[str, Mapping[str, str]] | None = None, *, name: str = ""
) -> str:
    """The kind of a file, told by its columns: the one that :func:`map_headers` takes them for.

    `mappings`: kind → its mapping. Words in the file's `name` decide only where the columns do not. Raises BadInput:
    what the likeliest kind lacks, or that no kind is likelier than another.
    """
    misfits = dict(_misfits(headers, mappings or {}))
    fitting = [kind for kind in KINDS if kind not in misfits]
    named = [kind for kind, words in _WORDS_OF_NAMES.items() if any(word in normal(name) for word in words)]
    found = [kind for kind in fitting if kind in named] if len(fitting) > 1 else fitting
    if len(found) == 1:
        return found[0]
    likeliest = _likeliest(headers, named)
    if not fitting and likeliest is not None and not _is_whole(headers, KINDS[likeliest]):
        raise misfits[likeliest]
    raise BadInput(
        N_(
            "Whether {file} holds customers, visits, renewals or calls cannot be told from its columns {headers}; put "
            "客户, 维修, 续保 or 跟进 into its name, or name the columns in a mapping file."
        ),
        file=name or "–",
        headers=_names(headers),
    )


def _misfits(headers: Sequence[str], mappings: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, BadInput]]:
    """The kinds the file is not one of, each with why."""
    for kind in KINDS.values():
        try:
            map_headers(headers, kind, mappings.get(kind.name))
        except BadInput as error:
            yield kind.name, error


def _is_whole(headers: Sequence[str], kind: Kind) -> bool:
    """Has it every column of the kind, and was refused only because it has those of another as well?"""
    names = _FIELD_BY_NAME[kind.name]
    return {names.get(normal(header)) for header in headers}.issuperset(kind.required)


def _likeliest(headers: Sequence[str], named: Sequence[str]) -> str | None:
    """The one kind the file's name gives, else the one that knows most of the columns; None where several do."""
    known = {kind: sum(normal(header) in names for header in headers) for kind, names in _FIELD_BY_NAME.items()}
    best = named if len(named) == 1 else [kind for kind, number in known.items() if number == max(known.values())]
    return best[0] if len(best) == 1 else None


def read_mapping(path: Path) -> dict[str, str]:
    """A mapping file: YAML, ``field: header`` a line. Raises BadInput where it cannot be read as that."""
    try:
        content = YAML(typ="safe").load(path.read_text("utf-8-sig"))
    except OSError as error:
        raise cannot_be_opened(path, error) from error
    except (UnicodeDecodeError, YAMLError) as error:
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
