"""Customers and their cars of a file: cleaned, staged, agreed upon, and stored household by household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from notifier.dms.fleet import CarChanges, state_after
from notifier.dms.households import Household, Member, household_of, laid_over
from notifier.dms.job import ImportJob
from notifier.dms.owners import Agreement, agree_on_owners, assign_households
from notifier.dms.people import COLUMNS, REFERRER, VEHICLE_DATES, clean_people, drop_duplicate_cars
from notifier.dms.policies import release_policies
from notifier.dms.readers import Table
from notifier.dms.staging import Record, Staging
from notifier.dms.standing import stand_beside_known_owners
from notifier.dms.twice import reject_cars_still_twice
from notifier.dms.workshop import settle
from notifier.domain.consents import is_news
from notifier.store.corrections import CAR_COLUMNS, DUE_DAYS, PERSON_COLUMNS, follow_corrections
from notifier.store.customers import (
    bucket_keys_elsewhere,
    customers_by_id,
    customers_by_phone,
    drop_numbers,
    drop_stand_ins,
    insert_customers,
    insert_numbers,
    is_stand_in,
    numbers_known,
    numbers_of,
    record_consent,
    refresh_last_visits,
    update_customers,
)
from notifier.store.engine import Session
from notifier.store.imports import lock_shop, shop_key
from notifier.store.messages import cancel_marketing, close_answered
from notifier.store.model_rates import rates_for_import
from notifier.store.renewals import latest_policy_ends
from notifier.store.vehicles import insert_vehicles, update_vehicles, vehicles_by_vin

__all__ = ["import_people"]

_HOUSEHOLDS = """
    SELECT s.household, s.vin, s.number, coalesce(f.phone, s.phone), coalesce(f.phone_key, s.phone_key),
        coalesce(f.phone_doubt, s.phone_doubt), s.facts, s.doubts, s.line
    FROM staged s LEFT JOIN number_phone f ON f.number = s.number
    ORDER BY s.household, coalesce(f.phone_key, s.phone_key) IS NULL, s.delivered IS NULL, s.delivered DESC,
        s.number IS NULL, s.number, s.vin
"""
_CONFLICTS = """
    SELECT count(*) FROM staged s JOIN number_phone f ON f.number = s.number
    WHERE s.phone_key IS NOT NULL AND s.phone_key <> f.phone_key
"""


_OF_THE_CAR = frozenset({"plate", "model", *VEHICLE_DATES, *REFERRER})


def import_people(job: ImportJob, table: Table) -> None:
    """Take the rows of `table` into the store, in short transactions; counts go to the job's report."""
    with job.store.write() as session:
        job.rates.update(rates_for_import(session, job.shop_id, job.import_id, job.settings.now))
    with Staging(COLUMNS) as staging:
        staging.add(clean_people(job, table))
        drop_duplicate_cars(job, staging)
        reject_cars_still_twice(job, table, staging)
        adopted = stand_beside_known_owners(job, staging)
        agreement = agree_on_owners(job, staging)
        agreement.moved |= adopted
        assign_households(job, staging)
        conflicts = next(staging.rows(_CONFLICTS))[0]
        if conflicts:
            job.report.warned["phone_conflict"] += conflicts
        done = job.report.rejected.total()
        for chunk in staging.groups(_HOUSEHOLDS, job.settings.chunk_rows):
            _Neighbourhood(job, agreement, _households(chunk)).store()
            done += len(chunk)
            job.settings.progress(done)


def _households(chunk: Sequence[Record]) -> list[Household]:
    return [household_of(list(group)) for _key, group in groupby(chunk, key=lambda record: record[0])]


@dataclass
class _Home:
    """A household beside what is stored of it."""

    home: Household
    stored: dict[str, Any] | None
    columns: dict[str, Any] = field(default_factory=dict)
    customer_id: int = 0
    changed: bool = False


class _Neighbourhood:
    """The households of one transaction."""

    def __init__(self, job: ImportJob, agreement: Agreement, households: list[Household]) -> None:
        self.job, self.agreement, self.households = job, agreement, households
        self.now = job.settings.now
        self.verdicts: dict[int, str] = {}

    def store(self) -> None:
        """Write everything in one short transaction, then count."""
        with self.job.store.write() as session:
            lock_shop(session, self.job.shop_id)
            homes = self._find(session)
            self._write_customers(session, homes)
            joined, told = self._write_numbers(session, homes)
            released = self._write_cars(session, homes)
        self.job.report.released += released
        for each in homes:
            maker = self._maker(each, joined)
            for member in each.home.members:
                verdict = self.verdicts[member.line]
                if member.number in joined:
                    verdict = "merged"
                elif member is maker:
                    verdict = "new"
                elif verdict == "unchanged" and (each.changed or member.number in told):
                    verdict = "changed"
                self.job.report.count(verdict)
                self.job.report.warn(member.doubts)

    def _maker(self, each: _Home, joined: set[str]) -> Member | None:
        """The row that made the customer, where this import did."""
        if each.stored is not None and each.home.phone_key not in self.agreement.born:
            return None
        return next((member for member in each.home.members if member.number not in joined), None)

    def _find(self, session: Session) -> list[_Home]:
        """The stored customer of each household: by phone, by id, or by number."""
        keys = {home.phone_key for home in self.households if home.phone_key} | {
            home.key.removeprefix("phone ") for home in self.households if home.key.startswith("phone ")
        }
        by_phone = customers_by_phone(session, self.job.shop_id, keys)
        ids = {home.key: by_phone.get(home.key.removeprefix("phone ")) for home in self.households}
        ids |= {
            home.key: int(home.key.removeprefix("customer "))
            for home in self.households if home.key.startswith("customer ")
        }  # fmt: skip
        stored = customers_by_id(session, {key for key in ids.values() if key is not None})
        return [_Home(home, stored.get(ids[home.key] or 0)) for home in self.households]

    def _write_customers(self, session: Session, homes: list[_Home]) -> None:
        new, changed, consents = [], [], []
        for each in homes:
            each.columns = laid_over(each.home, each.stored, self.job.settings)
            if each.stored is None:
                new.append(each)
                continue
            each.customer_id = each.stored["id"]
            each.changed = any(each.stored[name] != value for name, value in each.columns.items())
            if each.changed:
                changed.append({"id": each.customer_id, **each.columns, "updated_at": self.now})
        update_customers(session, changed)
        corrected = {each.customer_id: _corrected(each) for each in homes if each.changed}
        follow_corrections(session, self.now, people=corrected)
        self._insert(session, new)
        for each in homes:
            if is_news(each.columns, each.stored or {"consent": "unknown"}):
                consents.append({
                    "customer_id": each.customer_id, "value": each.columns["consent"],
                    "since": each.columns["consent_since"], "source": each.columns["consent_source"],
                    "recorded_at": self.now,
                })  # fmt: skip
        record_consent(session, consents)
        cancel_marketing(session, [each.customer_id for each in homes if _has_withdrawn(each)])

    def _insert(self, session: Session, new: list[_Home]) -> None:
        """A customer is born with the bucket key of its phone, across the group; without one, of its number."""
        if not new:
            return
        elsewhere = bucket_keys_elsewhere(
            session, self.job.shop_id, [each.home.phone_key for each in new if each.home.phone_key]
        )
        prefix = shop_key(session, self.job.shop_id)
        rows = [
            {
                "shop_id": self.job.shop_id,
                "bucket_key": _bucket_key(each.home, prefix, elsewhere),
                **each.columns,
                "created_at": self.now,
                "updated_at": self.now,
            }
            for each in new
        ]
        for each, customer_id in zip(new, insert_customers(session, rows), strict=True):
            each.customer_id = customer_id

    def _write_numbers(self, session: Session, homes: list[_Home]) -> tuple[set[str], set[str]]:
        """Store new numbers; all that this import joined to a customer who has another, and all it told anything of."""
        wanted = {number for each in homes for number in each.home.numbers}
        known = numbers_known(session, self.job.shop_id, wanted)
        has_numbers = {
            row.customer_id
            for row in numbers_of(session, {e.customer_id for e in homes if e.stored})
            if not is_stand_in(row.number)
        }
        joined, told, rows = set(self.agreement.joined), set(self.agreement.moved), []
        for each in homes:
            new = [number for number in each.home.numbers if number not in known]
            joined |= set(new if each.customer_id in has_numbers else new[1:])
            told |= set(new)
            rows += [
                {"shop_id": self.job.shop_id, "number": number, "customer_id": each.customer_id,
                 "phone_key": each.columns["phone_key"] if each.home.phone else None}
                for number in new
            ]  # fmt: skip
        insert_numbers(session, rows)
        drop_stand_ins(session, self.job.shop_id, [number for number in known if is_stand_in(number)])
        return joined, told

    def _write_cars(self, session: Session, homes: list[_Home]) -> int:
        """Store the cars, then everything that hangs on them; returns how many waiting rows found their car."""
        members = [(each, member) for each in homes for member in each.home.members]
        cars = vehicles_by_vin(session, self.job.shop_id, [member.vin for _each, member in members])
        policy_ends = latest_policy_ends(session, [car["id"] for car in cars.values()])
        round_ = CarChanges()
        for each, member in members:
            car = cars.get(member.vin)
            if car is None:
                round_.new.append(self._new_car(each, member))
                self.verdicts[member.line] = "new"
            else:
                changes = self._changes(each, member, car, policy_ends.get(car["id"]))
                self.verdicts[member.line] = "changed" if changes else "unchanged"
                round_.note(car, changes)
        insert_vehicles(session, round_.new)
        for columns, rows in round_.changed.items():
            update_vehicles(session, [{name: row[name] for name in ("id", *columns)} for row in rows])
        vins = {row["vin"] for row in round_.new} | round_.repredicted
        settled = settle(session, self.job, vins)
        released = settled.released + release_policies(session, self.job, {row["vin"] for row in round_.new})
        owners = {row["customer_id"] for row in round_.new} | round_.owners
        refresh_last_visits(session, owners | {e.customer_id for e in homes if e.stored is None}, self.now)
        drop_numbers(session, self.job.shop_id, round_.left)
        close_answered(session, renewed=round_.renewed, sold=sorted(round_.gone))
        told = {key: set(columns) for key, columns in round_.told(CAR_COLUMNS).items()}
        for key in settled.predicted:
            told.setdefault(key, set()).update(DUE_DAYS)
        seen = dict.fromkeys(settled.seen | round_.owners, ("last_visit_on",))
        follow_corrections(session, self.now, cars=told, people=seen)
        return released

    def _new_car(self, each: _Home, member: Member) -> dict[str, Any]:
        facts = member.facts
        return {
            "shop_id": self.job.shop_id, "vin": member.vin, "customer_id": each.customer_id,
            "owner_since": facts.get("delivered_on"), "owner_number": _own_number(member), "plate": facts.get("plate"),
            "model": facts.get("model"),
            "state": facts.get("state", "in_use"), **{name: facts.get(name) for name in (*VEHICLE_DATES, *REFERRER)},
            "irregular": False, "created_at": self.now, "updated_at": self.now,
        }  # fmt: skip

    def _changes(self, each: _Home, member: Member, car: Mapping[str, Any], policy_end: date | None) -> dict[str, Any]:
        """The columns of a known car this row changes."""
        told = {name: value for name, value in member.facts.items() if name in _OF_THE_CAR}
        if "insurance_ends_on" in told and policy_end is not None:
            # A policy of ours proves its end; the file may only know the one before.
            told["insurance_ends_on"] = max(told["insurance_ends_on"], policy_end)
        told |= {"owner_number": member.number} if _own_number(member) else {}
        if car["customer_id"] != each.customer_id:
            told |= {"customer_id": each.customer_id, "owner_number": _own_number(member)}
            told["owner_since"] = self._owner_since(member.facts.get("delivered_on"), car)
            told["state"] = member.facts.get("state", "in_use")
            # Who brought the former owner did not bring this one.
            told |= {name: member.facts.get(name) for name in REFERRER}
        else:
            if told.get("delivered_on") and car["owner_since"] == car["delivered_on"]:
                told["owner_since"] = told["delivered_on"]
            told["state"] = state_after(car["state"], member.facts.get("state"))
        return {name: value for name, value in told.items() if car[name] != value}

    def _owner_since(self, delivered_on: date | None, car: Mapping[str, Any]) -> date:
        later = delivered_on is not None and (car["owner_since"] is None or delivered_on > car["owner_since"])
        return delivered_on if later and delivered_on else self.job.settings.today


def _corrected(each: _Home) -> set[str]:
    """What texts hang on or speak of, where it is another than stored."""
    stored = each.stored or {}
    return {name for name in PERSON_COLUMNS if each.columns[name] != stored.get(name)}


def _has_withdrawn(each: _Home) -> bool:
    """Whether the customer agreed to marketing until this import, here or maybe at another shop of the group."""
    before, after = each.stored["consent"] if each.stored else "unknown", each.columns["consent"]
    return before != after and (before == "yes" or after == "no")


def _own_number(member: Member) -> str | None:
    """The row's DMS number; the car's VIN in its place is none."""
    return None if is_stand_in(member.number) else member.number


def _bucket_key(home: Household, prefix: str, elsewhere: Mapping[str, str]) -> str:
    if home.phone_key:
        return elsewhere.get(home.phone_key, home.phone_key)
    number = home.numbers[0]
    return number if is_stand_in(number) else f"{prefix}:{number}"
