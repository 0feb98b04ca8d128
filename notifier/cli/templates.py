"""`notifier templates …`: list, check, preview, try on one's own phone, and re-word what is still planned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import choose_shop, first_shop, open_house
from notifier.cli.options import ShopKey, moment_or_now, user_name
from notifier.cli.terminal import say, show
from notifier.errors import NotFound, NotifierError, Refused
from notifier.locale import N_, _
from notifier.reports.tables import table

if TYPE_CHECKING:
    from notifier.schedules import Campaign, ShopSettings
    from notifier.templating import CouponFacts, ShopFacts, Template, Values
    from notifier.wiring import House

__all__ = ["check_command", "list_command", "preview_command", "rerender_command", "try_command"]

EXAMPLE_COUPON_DAYS = 60
EXAMPLE_COUPON = ("K7M2Q9XD", 20_000)

Name = Annotated[str, typer.Argument(metavar="NAME", help=N_("the template's name, as the file without .j2"))]
Customer = Annotated[
    str | None,
    typer.Option("--customer", metavar="PHONE", help=N_("with the values of this customer instead of examples")),
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="zh-CN|en", help=N_("in this language; left out: every one"))
]


def list_command() -> None:
    """Every template with its languages and its live version."""
    from notifier.store.templates import live_templates
    from notifier.templating import TemplateFolder

    with open_house() as house:
        problems = house.publish_templates()
        with house.store.read() as session:
            live = {(row.name, row.language): row.version for row in live_templates(session)}
        templates, _problems = TemplateFolder(house.settings.templates).load_all()
        made = table(_("Name"), _("Language"), _("Kind"), _("Title"), _("Version"), right=(4,))
        for template in sorted(templates, key=lambda each: (each.name, each.language)):
            version = live.get((template.name, template.language))
            made.add_row(template.name, template.language, template.kind, template.title, str(version or "–"))
        show(made)
        say(*(str(problem) for problem in problems))


def check_command() -> None:
    """What a careful colleague would say about every text; exit 1 for what must not go out so."""
    from notifier.templating import ShopFacts, TemplateFolder, lint

    with open_house() as house:
        templates, problems = TemplateFolder(house.settings.templates).load_all()
        wrong = dict.fromkeys(str(problem) for problem in problems)
        remarks: dict[str, None] = {}
        for here in house.each_shop():  # a longer name or signature makes more segments; what all share is said once
            shop = first_shop(here)
            facts, capabilities = ShopFacts(shop.name, shop.phone, shop.signature), here.gateway().capabilities
            for campaign in here.schedules.campaigns:
                wrong |= dict.fromkeys(_unfillable(templates, campaign))
            for template in templates:
                for finding in lint(template, shop=facts, capabilities=capabilities):
                    sentence = _("{file}, line {line}: {sentence}").format(
                        file=template.origin, line=finding.line, sentence=finding.sentence
                    )
                    (wrong if finding.severity == "error" else remarks)[sentence] = None
        say(*wrong, *remarks)
        say(_("{count} templates: {wrong} must be mended, {remarks} remarks.").format(
            count=len(templates) + len(problems), wrong=len(wrong), remarks=len(remarks)))  # fmt: skip
    if wrong:
        raise typer.Exit(1)


def _unfillable(templates: Sequence[Template], campaign: Campaign) -> Iterator[str]:
    """Templates of the campaign that need what it never has."""
    from notifier.jobs.wording_check import provided_by
    from notifier.templating import raise_if_campaign_cannot_fill

    provided = provided_by(campaign)
    for template in templates:
        if template.name in campaign.every_template:
            try:
                raise_if_campaign_cannot_fill(template, provided)
            except NotifierError as error:
                yield str(error)


def preview_command(name: Name, customer: Customer = None, language: Language = None, shop_key: ShopKey = None) -> None:
    """How a text reads, how many segments it takes, and what it costs."""
    from notifier.templating import MissingValue, ShopFacts, preview

    with open_house() as house:
        shop = choose_shop(house, shop_key)
        facts = ShopFacts(shop.name, shop.phone, shop.signature)
        for template in _of_name(house, name, language):
            try:
                values = _values(house, template, customer, facts)
                seen = preview(
                    template, values, shop=facts, capabilities=house.gateway().capabilities,
                    price_micros=house.settings.price_micros,
                )  # fmt: skip
            except MissingValue as error:
                raise Refused(
                    N_("{file}: the value of {field} is missing for this customer, who would be skipped."),
                    file=template.origin, field=error.field,
                ) from error  # fmt: skip
            say(f"{template.language} · {template.title}", seen.text)
            say(_("{segments} segments ({encoding}, {length} characters), {cost} {currency}").format(
                segments=seen.segments.count, encoding=seen.segments.encoding, length=len(seen.text),
                cost=f"{seen.cost_micros / 1_000_000:.3f}", currency=shop.currency), "")  # fmt: skip


def _of_name(house: House, name: str, language: str | None) -> list[Template]:
    """The folder's template in the language wanted, or in all of them; what is wrong with it is raised."""
    from notifier.templating import TemplateFolder

    folder = TemplateFolder(house.settings.templates)
    languages = [language] if language else folder.languages(name)
    return [folder.load(name, each) for each in languages or [first_shop(house).language]]


def _values(house: House, template: Template, customer: str | None, shop: ShopFacts) -> Values:
    from notifier.templating import example_values

    if customer is None:
        return example_values(template.language) | {"shop_name": shop.name, "shop_phone": shop.phone}
    return _values_of(house, template, customer, shop)


def _values_of(house: House, template: Template, customer: str, shop: ShopFacts) -> Values:
    """The values of a real customer and their newest car; a coupon is an example, since none is given yet."""
    from notifier.domain.phone import mask, phone_key, to_e164
    from notifier.jobs.texts import car_facts
    from notifier.store.histories import people_with_phone
    from notifier.store.shops import find_shop
    from notifier.store.touches import load_facts
    from notifier.templating import CustomerFacts, build_values

    phone = to_e164(customer, first_shop(house).region)
    today = moment_or_now(None).astimezone(first_shop(house).zone).date()
    with house.store.read() as session:
        shop_id = find_shop(session, first_shop(house).key)
        known = people_with_phone(session, phone_key(house.secret, phone))
        people = [person for person in known if person.shop_id == shop_id]
        if not people:
            raise NotFound(N_("No customer has the phone {phone}."), phone=mask(phone))
        key = people[0].id
        found = load_facts(
            session, campaign_id="", period="", today=today, customer_ids=[key], vehicle_ids=[],
            cap_days=None,
        )  # fmt: skip
    row = found.customers[key]
    cars = list(found.cars_of.get(key, ()))[-1:]
    person = CustomerFacts(row.name, row.sex, row.is_company)
    facts = [car_facts(car, rule="maintenance_due") for car in cars] or [car_facts(None, rule="maintenance_due")]
    return build_values(person, facts, _example_coupon(moment_or_now(None)), shop, template.language)


def _example_coupon(now: datetime) -> CouponFacts:
    from notifier.templating import CouponFacts

    return CouponFacts(*EXAMPLE_COUPON, (now + timedelta(days=EXAMPLE_COUPON_DAYS)).date())


def try_command(
    name: Name,
    phone: Annotated[str, typer.Argument(metavar="PHONE", help=N_("your own mobile number"))],
    language: Language = None,
    shop_key: ShopKey = None,
) -> None:
    """One real text with example values to a colleague's phone, outside every campaign and every figure."""
    from notifier.jobs.trial_send import TrialPost, send_test
    from notifier.jobs.wording_check import bench_for
    from notifier.store.audit import Actor

    with open_house() as house:
        shop = choose_shop(house, shop_key)
        template = _of_name(house, name, language or _spoken_language(house, name, shop))[0]
        post = TrialPost(house.store, house.secret, house.gateway, house.settings.post_timeout, shop.region)
        bench = bench_for(shop, house.gateway().capabilities, house.settings.price_micros)
        who = Actor(user_name())
        sent = asyncio.run(send_test(post, template, phone, bench, who=who, now=moment_or_now(None)))
        say(sent.text, _("{gateway} took the text for {phone}.").format(gateway=sent.gateway, phone=sent.phone))


def _spoken_language(house: House, name: str, shop: ShopSettings) -> str:
    from notifier.templating import TemplateFolder, choose_language

    found = choose_language(TemplateFolder(house.settings.templates).languages(name), None, shop.language)
    return found or shop.language


def rerender_command(name: Name) -> None:
    """Put every still planned text of the template into its latest version."""
    from notifier.jobs.rerender import rerender_template

    with open_house() as house:
        house.publish_templates()
        if name not in house.template_names():
            raise NotFound(N_("There is no template {name}. notifier templates list shows them."), name=name)
        capabilities = house.gateway().capabilities
        count = rerender_template(house.store, house.schedules, capabilities, house.settings.price_micros, name)
        say(_("{count} planned texts are worded anew.").format(count=count))
