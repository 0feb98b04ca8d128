"""The files a DMS would export: GBK, Chinese headers, and the dirt of years of typing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from notifier.demo.cast import Car, Person, Policy, Visit
from notifier.demo.chance import chance

__all__ = ["CustomerFile", "write_policies", "write_visits"]

CUSTOMER_HEADERS = (
    "客户编号", "客户姓名", "性别", "手机", "出生日期", "区域", "车牌号", "车架号", "车型", "交车日期", "保险到期",
    "车辆状态", "营销同意", "同意来源", "会员等级",
)  # fmt: skip
VISIT_HEADERS = ("工单号", "车架号", "进厂时间", "行驶里程", "维修类别", "金额", "服务顾问", "优惠券")
POLICY_HEADERS = ("保单号", "车架号", "保险公司", "起保日期", "终保日期", "出单日期", "保费", "手续费")

_ADVISORS = ("陈顾问", "林顾问", "黄顾问", "王顾问", "")
_INSURERS = ("人保财险", "平安产险", "太平洋产险", "国寿财险")
_LEVELS = ("普通", "银卡", "金卡", "")
FORMER_OWNER = timedelta(days=700)


def _write(path: Path, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headers)
        writer.writerows(rows)
    return path


class CustomerFile:
    """The customer master: the whole of it once, then what has changed."""

    def __init__(self, seed: int, start: date) -> None:
        self.seed = seed
        self.start = start

    def write(self, path: Path, people: Sequence[Person], *, whole: bool = True) -> Path:
        """One row a vehicle; with `whole` also the rows every old DMS carries along."""
        rows = [self._row(person, car) for person in people for car in person.cars]
        if whole:
            rows += self._shared_phones(people) + self._resold(people) + self._house_cars()
            chance(self.seed, "order of rows").shuffle(rows)
        return _write(path, CUSTOMER_HEADERS, rows)

    def _row(self, person: Person, car: Car) -> list[str]:
        luck = chance(self.seed, "typing", car.vin)
        return [
            person.number, person.name, person.sex if luck.random() < 0.9 else "", typed_phone(person.phone, luck),
            _typed_birthday(person.birthday, luck), person.district if luck.random() < 0.93 else "",
            car.plate if luck.random() < 0.97 else luck.choice(("", "未上牌", "无")), _typed_vin(car.vin, luck),
            car.model, _typed_date(car.delivered_on, luck), _typed_date(car.insurance_ends_on, luck), car.state,
            person.consent, "购车登记" if person.consent == "是" else "", luck.choice(_LEVELS),
        ]  # fmt: skip

    def _shared_phones(self, people: Sequence[Person]) -> list[list[str]]:
        """A second customer number under a phone that is known already: the spouse, the company's driver."""
        rows = []
        for n, person in enumerate(people[::71]):
            row = self._row(person, person.cars[0])
            rows.append([f"KH{90001 + n}", *row[1:7], f"LDNAC2A3XP{n:07d}", *row[8:11], "已转卖", *row[12:]])
        return rows

    def _resold(self, people: Sequence[Person]) -> list[list[str]]:
        """The former owner of a car that was sold on, still in the file: one VIN twice."""
        rows = []
        for n, person in enumerate(people[40::163]):
            car = person.cars[0]
            former = [f"KH{80001 + n}", "李先生", "男", f"13800010{n:03d}", "", person.district, "", car.vin, car.model]
            rows.append([*former, (car.delivered_on - FORMER_OWNER).isoformat(), "", "在用", "", "", ""])
        return rows

    def _house_cars(self) -> list[list[str]]:
        """Test-drive and stock cars, and a row whose VIN nobody can read."""
        states = ("试驾车", "试驾车", "试驾车", "库存", "库存", "库存", "库存", "PDI")
        rows = [
            [f"KH{70001 + n}", "本店", "", "0595-22880000", "", "", "", f"LDNAD2A3XP{n:07d}", "DX5",
             self.start.isoformat(), "", state, "", "", ""]
            for n, state in enumerate(states)
        ]  # fmt: skip
        return [*rows, ["KH60001", "无", "", "无", "", "", "", "见行驶证", "DX3", "", "", "在用", "", "", ""]]


def write_visits(path: Path, visits: Sequence[Visit], seed: int) -> Path:
    """Repair orders: one a visit, some days two; wrong odometers; cars nobody knows; work on the shop's own cars."""
    rows: list[list[str]] = []
    for visit in visits:
        luck = chance(seed, "order", visit.vin, visit.day)
        number = f"WX{visit.day:%y%m%d}{visit.vin[-7:]}"
        typed = [visit.vin, f"{visit.at:%Y-%m-%d %H:%M}", _typed_km(visit.km, luck), visit.category]
        coupon = visit.coupon or ""
        rows.append([number, *typed, _typed_amount(visit.amount, luck), luck.choice(_ADVISORS), coupon])
        if luck.random() < 0.05 and visit.category != "事故车":
            rows.append([f"{number}-2", *typed[:2], str(visit.km), "装潢", str(luck.randrange(80, 900)), "", ""])
        if luck.random() < 0.012:
            rows.append(rows[-1])
        rows += _own_work(visit, luck)
    return _write(path, VISIT_HEADERS, rows)


def _own_work(visit: Visit, luck: Random) -> list[list[str]]:
    at = visit.at.date().isoformat()
    if luck.random() < 0.02:
        return [[f"PD{visit.day:%y%m%d}{luck.randrange(10**6):06d}", "LDNAD2A3XP0000007", at, "12", "PDI", "0", "", ""]]
    if luck.random() < 0.012:
        return [[f"NB{visit.day:%y%m%d}{luck.randrange(10**6):06d}", "LDNAD2A3XP0000000", at, "", "内部", "0", "", ""]]
    if luck.random() < 0.004:
        return [[f"WX{visit.day:%y%m%d}{luck.randrange(10**6):06d}", visit.vin[:9] + "N9999999", at, "", "一般维修",
                 "300", "", ""]]  # fmt: skip
    return []


def write_policies(path: Path, policies: Sequence[Policy], seed: int) -> Path:
    """The policies the shop has written."""
    rows = []
    for policy in policies:
        luck = chance(seed, "policy", policy.vin, policy.starts_on)
        days = (policy.starts_on, policy.ends_on, policy.written_on)
        rows.append(
            [f"PZ{policy.starts_on:%Y}{policy.vin[-7:]}", policy.vin, luck.choice(_INSURERS),
             *(day.isoformat() for day in days), f"{policy.premium}.00", f"{policy.premium * 0.09:.2f}"]
        )  # fmt: skip
    return _write(path, POLICY_HEADERS, rows)


def typed_phone(phone: str, luck: Random) -> str:
    """The phone as a clerk types it: mostly right, sometimes in an odd spelling, now and then no use."""
    fate = luck.random()
    if fate < 0.025:
        return luck.choice(("", "无", "0595-22123456", "22123456"))
    if fate < 0.035:
        return phone[:-1] if luck.random() < 0.5 else phone + "0"
    if fate < 0.08:
        return luck.choice((f"+86 {phone}", f"{phone[:3]}-{phone[3:7]}-{phone[7:]}", f"'{phone}", f"{phone} "))
    return phone


def _typed_birthday(day: date | None, luck: Random) -> str:
    fate = luck.random()
    if day is None or fate < 0.02:
        return "1900-01-01" if fate < 0.1 else ""
    if fate < 0.05:
        return f"农历{luck.choice('正二三四五六七八九')}月初{luck.choice('一二三四五六七八九')}"
    return day.isoformat() if fate < 0.7 else f"{day.year}/{day.month}/{day.day}"


def _typed_date(day: date, luck: Random) -> str:
    fate = luck.random()
    if fate < 0.01:
        return ""
    return f"{day.year}/{day.month}/{day.day}" if fate < 0.25 else day.isoformat()


def _typed_vin(vin: str, luck: Random) -> str:
    return vin.lower() if luck.random() < 0.01 else f"{vin} " if luck.random() < 0.01 else vin


def _typed_km(km: int, luck: Random) -> str:
    fate = luck.random()
    if fate < 0.02:
        return luck.choice(("0", "", str(km * 10), str(km // 10), str(max(1, km - 9_000))))
    return f"{km}公里" if fate < 0.03 else str(km)


def _typed_amount(amount: int, luck: Random) -> str:
    return f"￥{amount:,}.00" if luck.random() < 0.05 else f"{amount}.00"
