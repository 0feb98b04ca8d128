"""One entry of `campaigns:` → Campaign, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise

from ruamel.yaml.nodes import ScalarNode

from notifier.domain.cycles import Stage
from notifier.domain.rules import RULES, Rule
from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules import values
from notifier.schedules.campaigns import Campaign, CouponOffer, CreditWindows, Kind
from notifier.schedules.filters import AudienceReader
from notifier.schedules.lists import fitted_to_list
from notifier.schedules.options import read_options, repeated
from notifier.schedules.places import Section, Value
from notifier.schedules.wordings import WordingReader, of_every_stage

__all__ = ["CampaignReader"]

OUTCOMES = ("visit", "renewal")
DEFAULT_LIFT_WINDOW_DAYS = 60
DEFAULT_GRACE = timedelta(hours=24)
MAX_STAGES = 12
DAYS_A_MONTH = 30
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class CampaignReader:
    """Reads `campaigns:`; keeps what all of them share."""

    def __init__(
        self,
        problems: list[ScheduleError],
        currency: str,
        templates: Container[str] | None,
        templates_in: str,
        shops: Sequence[str] = (),
    ) -> None:
        self.problems = problems
        self.currency = currency
        self.wordings = WordingReader(problems, templates, templates_in)
        self.shops = shops

    def campaigns(self, value: Value) -> tuple[Campaign, ...]:
        """Every campaign that can be read; ids must differ."""
        found: dict[str, Campaign] = {}
        for key, entry in Section(value, self.problems).values():
            campaign = self.campaign(key, entry)
            if campaign is None:
                continue
            first = found.setdefault(campaign.id, campaign)
            if first is not campaign:
                self._note(
                    entry,
                    N_("{file}, line {line}: {key} has the id {id} of {other} (line {first}); give it another id."),
                    id=campaign.id,
                    other=first.key,
                    first=first.line,
                )
        return tuple(found.values())

    def campaign(self, key: str, value: Value) -> Campaign | None:
        """One campaign, None where something in it is wrong."""
        before = len(self.problems)
        section = Section(value, self.problems)
        name = section.optional("name", values.campaign_name, None)
        explicit_id = section.optional("id", values.identity, None)
        campaign_id = explicit_id or self._id_of_key(key, value)
        enabled = section.optional("enabled", values.yes_or_no, True)
        rule = section.required("rule", lambda v: RULES[v.choice(RULES)], next(iter(RULES)))
        kind = section.required("kind", lambda v: Kind(v.choice(list(Kind))), "service")
        when = section.required("when", values.when, '"0 10 * * mon-sat"')
        stages = section.required("stages", partial(self._stages, rule), "{early: -14, last: -3}")
        wordings = section.required(
            "template", partial(self.wordings.read, stages or ()), rule.name if rule else "birthday"
        )
        if rule is None or kind is None or when is None or stages is None or wordings is None or campaign_id is None:
            self._rest(section, _placeholder(key, value.line))
            return None
        base = replace(
            _placeholder(key, value.line),
            id=campaign_id,
            name=name,
            explicit_id=explicit_id is not None,
            enabled=enabled,
            rule=rule.name,
            kind=kind,
            when=when,
            stages=stages,
            templates=wordings.templates,
            variants=wordings.variants,
        )
        campaign = self._rest(section, base)
        self._refuse_forbidden_control(section, campaign)
        return campaign if len(self.problems) == before else None

    def _rest(self, section: Section, base: Campaign) -> Campaign:
        """The keys that have defaults."""
        rule = RULES[base.rule]
        stages = repeated(section, base.stages) if "repeat" in rule.options and base.stages else base.stages
        campaign = replace(
            base,
            stages=stages,
            templates=of_every_stage(base, stages),
            control_bp=section.optional("control", values.share, 0),
            success=section.optional("success", lambda v: v.choice(OUTCOMES), rule.success),
            credit=section.optional("credit", partial(self._credit, _default_credit(rule)), _default_credit(rule)),
            coupon=section.optional("coupon", self._coupon, None),
            spread_per_day=section.optional("spread", self._spread, None),
            review=section.optional("review", lambda v: v.choice(("required", "none")) == "required", False),
            lift_window_days=section.optional("lift_window", values.days(1, 366), DEFAULT_LIFT_WINDOW_DAYS),
            late_days=section.optional("late", values.days(0, 366, bare=True), rule.late_days),
            grace=section.optional("grace", values.duration(HOUR, 31 * DAY), DEFAULT_GRACE),
            # A list is made by hand for these people, so there is no backlog of it to be afraid of.
            catch_up=section.optional(
                "first_run", lambda v: v.choice(("catch_up", "recent")) == "catch_up", "list" in rule.options
            ),
            priority=section.optional("priority", values.whole(0, 9), base.kind.priority),
            options=read_options(section, rule),
            audience=section.optional("audience", AudienceReader(self.problems, self.currency, self.shops).read, None),
        )
        section.refuse_unknown_keys()
        return fitted_to_list(section, campaign)

    def _id_of_key(self, key: str, value: Value) -> str | None:
        try:
            return values.identity(replace(value, node=ScalarNode("tag:yaml.org,2002:str", key)))
        except ScheduleError as problem:
            self.problems.append(problem)
            return None

    def _stages(self, rule: Rule | None, value: Value) -> tuple[Stage, ...] | None:
        before = len(self.problems)
        section = Section(value, self.problems)
        read = partial(values.offset, counts_months=rule is None or rule.counts_months or rule.mixes_units)
        found: list[Stage] = []
        for name, _entry in section.values():
            offset = section.optional(name, read, None)
            if offset is not None:
                found.append(Stage(section.optional(name, partial(values.stage_name, name=name), name), offset))
        if len(self.problems) > before:
            return None
        if not 1 <= len(found) <= MAX_STAGES:
            raise value.refuse(
                N_("{file}, line {line}: {key} has {count} stages; write 1 to {most}, for example {example}."),
                count=len(found),
                most=MAX_STAGES,
                example="{early: -14, last: -3}",
            )
        return _in_order_of_time(value, found, may_mix=rule is not None and rule.mixes_units)

    def _credit(self, default: CreditWindows, value: Value) -> CreditWindows:
        section = Section(value, self.problems)
        windows = CreditWindows(
            reply_days=section.optional("reply", values.days(0, 366), default.reply_days),
            sent_days=section.optional("sent", values.days(0, 366), default.sent_days),
        )
        section.refuse_unknown_keys()
        return windows

    def _coupon(self, value: Value) -> CouponOffer | None:
        section = Section(value, self.problems)
        worth = section.required("value", values.money(self.currency), "200.00")
        valid = section.required("valid", values.days(1, 730), "60d")
        section.refuse_unknown_keys()
        return CouponOffer(worth, valid) if worth and valid else None

    def _spread(self, value: Value) -> int | None:
        section = Section(value, self.problems)
        per_day = section.required("per_day", values.whole(1, 100_000), "20")
        section.refuse_unknown_keys()
        return per_day

    def _refuse_forbidden_control(self, section: Section, campaign: Campaign) -> None:
        if campaign.control_bp == 0:
            return
        value = dict(section.values())["control"]
        if not campaign.kind.may_be_withheld:
            self._note(
                value,
                N_("{file}, line {line}: {key}: texts of kind {kind} are never withheld; remove the control."),
                kind=campaign.kind.value,
            )
        elif campaign.kind is Kind.SERVICE and len(campaign.stages) < 2:
            self._note(
                value,
                N_(
                    "{file}, line {line}: {key}: a service reminder's last stage always goes, so a control needs two "
                    "stages or more; add a stage or remove the control."
                ),
            )

    def _note(self, value: Value, sentence: str, **fields: object) -> None:
        self.problems.append(value.refuse(sentence, **fields))


def _default_credit(rule: Rule) -> CreditWindows:
    return CreditWindows(sent_days=30) if rule.has_due_date else CreditWindows()


def _placeholder(key: str, line: int) -> Campaign:
    """A campaign of nothing but defaults, to be filled; also stands in while the rest of a broken one is read."""
    rule = next(iter(RULES.values()))
    return Campaign(
        id=key,
        key=key,
        rule=rule.name,
        kind=Kind.SERVICE,
        when="",
        stages=(),
        templates={},
        control_bp=0,
        success=rule.success,
        credit=CreditWindows(),
        coupon=None,
        spread_per_day=None,
        review=False,
        lift_window_days=DEFAULT_LIFT_WINDOW_DAYS,
        late_days=0,
        grace=DEFAULT_GRACE,
        catch_up=False,
        priority=0,
        enabled=True,
        line=line,
    )


def _in_order_of_time(value: Value, stages: list[Stage], *, may_mix: bool) -> tuple[Stage, ...]:
    """The stages sorted by when they open. Raises ScheduleError for days beside months, or two at the same time."""
    in_months = [stage for stage in stages if stage.offset.months]
    if in_months and len(in_months) < len(stages) and not may_mix:
        raise value.refuse(
            N_("{file}, line {line}: {key} mixes days and months; write all stages of a campaign in one of them.")
        )
    ordered = sorted(stages, key=lambda stage: stage.offset.months * DAYS_A_MONTH + stage.offset.days)
    for earlier, later in pairwise(ordered):
        if earlier.offset == later.offset:
            raise value.refuse(
                N_("{file}, line {line}: {key}: {one} and {other} open on the same day; move one of them."),
                one=earlier.name,
                other=later.name,
            )
    return tuple(ordered)
