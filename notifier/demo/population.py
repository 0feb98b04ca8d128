"""Three thousand customers of a dealership in Quanzhou, made up from a seed. Nobody here exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from types import MappingProxyType

from notifier.demo.cast import Car, Person
from notifier.demo.chance import chance, pick

__all__ = ["make_people"]

_SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢郭洪苏曾庄施柯傅杜叶何周"
_GIVEN: Mapping[str, str] = MappingProxyType(
    {"m": "伟强明辉志勇建国海龙文斌俊杰宇航家豪子轩", "f": "芳娜敏静丽艳秀英玉兰雪梅婷雅欣怡诗涵雨桐"}
)
_COMPANIES = ("鸿泰建材", "闽南茶业", "晋江鞋服", "石狮物流", "惠安石材", "安溪茶叶", "德化陶瓷", "南安机械")
_DISTRICTS: Mapping[str, float] = MappingProxyType(
    {"丰泽区": 0.28, "鲤城区": 0.18, "晋江市": 0.2, "洛江区": 0.1, "石狮市": 0.1, "南安市": 0.08, "惠安县": 0.06}
)
_MODELS: Mapping[str, float] = MappingProxyType({"DX3": 0.28, "DX5": 0.3, "DX7": 0.2, "菱致V5": 0.12, "菱仕V6": 0.1})
_CONSENT: Mapping[str, float] = MappingProxyType({"是": 0.76, "": 0.17, "否": 0.07})
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
) | {str(n): n for n in range(10)}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
OLDEST_DAYS = 5 * 365


def make_people(seed: int, count: int, start: date) -> list[Person]:
    """`count` customers as they are on `start`, every eleventh with two cars; the same for the same seed."""
    people = []
    for n in range(count):
        luck = chance(seed, "person", n)
        person = _person(luck, n)
        cars = 2 if luck.random() < 0.09 else 1
        person.cars = [_car(luck, n * 2 + k, start) for k in range(cars)]
        people.append(person)
    return people


def _person(luck: Random, n: int) -> Person:
    sex = "m" if luck.random() < 0.64 else "f"
    name = luck.choice(_SURNAMES) + "".join(luck.sample(_GIVEN[sex], luck.choice((1, 2, 2))))
    if luck.random() < 0.04:
        name = f"泉州{luck.choice(_COMPANIES)}有限公司"
    born = date(1955, 1, 1) + timedelta(days=luck.randrange(48 * 365))
    return Person(
        number=f"KH{n + 10001}",
        name=name,
        sex="男" if sex == "m" else "女",
        # One block of numbers that looks made up, so that nobody takes it for a list of real phones.
        phone=f"1380000{n % 10_000:04d}",
        birthday=born if luck.random() < 0.84 else None,
        district=pick(luck, _DISTRICTS),
        consent=pick(luck, _CONSENT),
    )


def _car(luck: Random, n: int, start: date) -> Car:
    age = round(OLDEST_DAYS * luck.random() ** 1.2)
    delivered_on = start - timedelta(days=age)
    model = pick(luck, _MODELS)
    return Car(
        vin=_vin(n),
        plate=_plate(luck),
        model=model,
        rate=min(120.0, max(8.0, luck.lognormvariate(3.45, 0.4))),
        delivered_on=delivered_on,
        insurance_ends_on=_next_anniversary(delivered_on, start, luck),
        tardiness=luck.gauss(6, 10),
    )


def _next_anniversary(delivered_on: date, start: date, luck: Random) -> date:
    """Policies end a year after delivery, year after year; some were moved."""
    moved = delivered_on + timedelta(days=luck.choice((0, 0, 0, 0, 17, 90)))
    days = (moved - start).days % 365
    return start + timedelta(days=days)


def _vin(n: int) -> str:
    """The n-th car's VIN, its check digit right."""
    plain = f"LDNAB2A30N{n:07d}"
    rest = sum(_VIN_VALUES[c] * w for c, w in zip(plain, _VIN_WEIGHTS, strict=True)) % 11
    return f"{plain[:8]}{'X' if rest == 10 else rest}{plain[9:]}"


def _plate(luck: Random) -> str:
    middle = f"{luck.choice(_PLATE_LETTERS)}{luck.randrange(10_000):04d}"
    return f"闽CD{luck.randrange(100_000):05d}" if luck.random() < 0.12 else f"闽C{middle}"
