"""Wordings: publishing the folder's templates, and turning a customer's facts into the text that leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from notifier.domain.segments import billed
from notifier.errors import TemplateError
from notifier.gateways.base import Capabilities
from notifier.jobs.wording_files import is_old_copy, old_copy_problem
from notifier.jobs.wording_publish import end_publication
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.schedules import Campaign, ShopSettings
from notifier.store import audit
from notifier.store.engine import Session, Store, database_now
from notifier.store.template_drafts import open_drafts, versions
from notifier.store.templates import PublishedTemplate, live_templates, one_at_a_time, publish_all
from notifier.store.touches import CustomerFacts as CustomerRow
from notifier.store.touches import VehicleFacts as VehicleRow
from notifier.templating import (
    CarFacts,
    CouponFacts,
    CustomerFacts,
    OccasionFacts,
    Renderer,
    ShopFacts,
    Template,
    TemplateFolder,
    as_billed,
    build_values,
    choose_language,
    compose,
    parse_template,
    raise_if_gateway_cannot,
    way_out_words,
)

SERVICE_RULES = ("first_service", "maintenance_due")
NO_TEMPLATE = Mend(
    N_("Put {name}.j2 into templates/sms/{language}/ and run notifier templates check."),
    N_("Publish one of this name under “Templates”, or choose another one for the campaign."),
    "templates",
)


@dataclass(frozen=True, slots=True)
class MadeText:
    """A text ready to leave, what it costs, and which version of which wording it is.

    `replies`: what a digit would mean; none where the gateway hears no replies.
    """

    text: str
    encoding: str
    segments: int
    cost_micros: int
    version_id: int
    language: str
    replies: Mapping[str, str]


class LiveTemplates:
    """The live wordings by (name, language): (version id, template)."""

    def __init__(self, by_name: Mapping[tuple[str, str], tuple[int, Template]]) -> None:
        self.by_name = by_name
        self._languages: dict[str, list[str]] = defaultdict(list)
        self._chosen: dict[tuple[str, str | None, str], str | None] = {}
        for name, language in by_name:
            self._languages[name].append(language)

    def names(self) -> frozenset[str]:
        """Every name that has at least one live language."""
        return frozenset(self._languages)

    def choose(self, name: str, wanted: str | None, shop: str) -> tuple[int, Template]:
        """The wording in the first language there is: the customer's, the shop's, Chinese, English."""
        asked = (name, wanted, shop)
        if asked not in self._chosen:
            self._chosen[asked] = choose_language(self._languages.get(name, ()), wanted, shop)
        language = self._chosen[asked]
        if language is not None:
            return self.by_name[name, language]
        raise TemplateError(
            N_("There is no live template {name}."), mend=NO_TEMPLATE, name=name, language=shop,
        )  # fmt: skip


def publish_folder(store: Store, folder: Path) -> Sequence[TemplateError]:
    """Make each changed, valid file of the folder the next live version; returns what was wrong with the others.

    An invalid file changes nothing: the last good version stays live. So does an old copy, with words of a former
    version and older than the live one: what was published in the console is not undone by a restored backup. Words
    the console had begun to publish when it was killed go live under the name of who published them. Whatever else was
    changed in the folder is written down as done by nobody known; not so the folder of a new house.
    """
    templates, problems = TemplateFolder(folder).load_all()
    with store.read() as session:
        live = {(each.name, each.language): each for each in live_templates(session)}
        said = {key: each.source for key, each in live.items()}
        changed = [each for each in templates if said.get((each.name, each.language)) != each.source]
        once_live = [each for each in changed if (each.name, each.language) in live]
        old = {each.origin: problem for each in once_live if (problem := _problem_of_old_copy(session, each))}
    to_publish = [each for each in changed if each.origin not in old]
    if to_publish:
        with store.write() as session:
            _publish_files(session, to_publish, live)
    return [*problems, *old.values()]


def _problem_of_old_copy(session: Session, template: Template) -> TemplateError | None:
    known = versions(session, template.name, template.language)
    live = next((version for version in known if version.live), None)
    former = next((version for version in known if version.source == template.source), None)
    path = Path(template.origin)
    try:
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # gone since it was read
        return None
    if live is None or former is None or not is_old_copy(template.source, written_at, live, known):
        return None
    return old_copy_problem(path, former, live)


def _publish_files(
    session: Session, templates: Sequence[Template], live: Mapping[tuple[str, str], PublishedTemplate]
) -> None:
    begun = {(draft.name, draft.language): draft for draft in open_drafts(session) if draft.publishing_by}
    sources = {}
    one_at_a_time(session)
    for each in filter(_says_so_still, templates):
        draft = begun.get((each.name, each.language))
        if draft is not None and draft.source == each.source:
            end_publication(session, draft, database_now(session))
        else:
            sources[each.name, each.language] = each.source
    numbers = publish_all(session, sources)
    now = database_now(session)
    for (name, language), number in numbers.items() if live else ():
        before = live.get((name, language))
        audit.record(
            session, at=now, who="", user_id=None, action="template.new_file", subject_type="template",
            subject=f"{language}/{name}",
            before={"version": before.version, "text": before.source} if before else None,
            after={"version": number, "text": sources[name, language]},
        )  # fmt: skip


def _says_so_still(template: Template) -> bool:
    """Whether its file still holds these words: since it was read somebody may have published others."""
    try:
        return Path(template.origin).read_bytes().decode("utf-8") == template.source
    except (OSError, UnicodeDecodeError):
        return False


def load_live(store: Store) -> LiveTemplates:
    """The live wordings of the database, parsed."""
    with store.read() as session:
        rows = live_templates(session)
    return LiveTemplates({(row.name, row.language): (row.id, parsed(row)) for row in rows})


@lru_cache(maxsize=256)
def parsed(row: PublishedTemplate) -> Template:
    """A stored version as a template again; kept, since a version never changes and planning ticks each minute."""
    origin = f"{row.language}/{row.name}.j2 (v{row.version})"
    return parse_template(row.source, name=row.name, language=row.language, origin=origin)


class TextMaker:
    """Makes the texts of one shop through one gateway. Compiles each wording once."""

    def __init__(
        self, shop: ShopSettings, templates: LiveTemplates, capabilities: Capabilities, price_micros: int
    ) -> None:
        self._shop = shop
        self._templates = templates
        self._capabilities = capabilities
        self._price = price_micros
        self._renderer = Renderer()
        self._shop_facts = ShopFacts(shop.name, shop.phone, shop.signature)
        self._ways_out: dict[tuple[str, str, bool], str] = {}

    def raise_if_campaign_cannot_be_sent(self, campaign: Campaign) -> None:
        """Refuse a campaign one of whose wordings is missing, or asks for replies nobody would hear."""
        for name in sorted(campaign.every_template):
            for (known, _), (_, template) in self._templates.by_name.items():
                if known == name:
                    raise_if_gateway_cannot(template, self._capabilities)
            self._templates.choose(name, None, self._shop.language)

    def make(
        self,
        name: str,
        kind: str,
        customer: CustomerRow,
        cars: Sequence[CarFacts],
        coupon: CouponFacts | None,
        *,
        occasion: OccasionFacts | None = None,
    ) -> MadeText:
        """The text of template `name` for these facts.

        Raises MissingValue where the wording needs what the customer does not have.
        """
        version_id, template = self._templates.choose(name, customer.language, self._shop.language)
        language = template.language
        person = CustomerFacts(customer.name, customer.sex, customer.is_company)
        values = build_values(
            person, cars, coupon, self._shop_facts, language, occasion=occasion, wanted=template.fields
        )
        body = self._renderer.render_body(template, values, two_way=self._capabilities.two_way)
        text = compose(
            body,
            signature=self._shop.signature,
            way_out=self._way_out(kind, language, self._shop.phone in body),
            language=language,
            capabilities=self._capabilities,
        )
        return self._counted(text, version_id, template)

    def speaks_of_coupon(self, name: str, customer: CustomerRow) -> bool:
        """Whether the customer's wording of template `name` tells of a coupon."""
        _, template = self._templates.choose(name, customer.language, self._shop.language)
        return any(field.startswith("coupon.") for field in template.fields)

    def _way_out(self, kind: str, language: str, names_phone: bool) -> str:
        key = (kind, language, names_phone)
        if key not in self._ways_out:
            self._ways_out[key] = way_out_words(
                kind,
                phone=self._shop.phone,
                language=language,
                capabilities=self._capabilities,
                names_phone=names_phone,
            )
        return self._ways_out[key]

    def _counted(self, text: str, version_id: int, template: Template) -> MadeText:
        arriving = as_billed(
            text, signature=self._shop.signature, language=template.language, capabilities=self._capabilities
        )
        encoding, segments, _units = billed(arriving)
        return MadeText(
            text, encoding, segments, segments * self._price, version_id, template.language,
            template.replies if self._capabilities.two_way else {},
        )  # fmt: skip


def car_facts(car: VehicleRow | None, *, rule: str, anchor_on: date | None = None) -> CarFacts:
    """A car as a text of `rule` may speak of it; `anchor_on` names the cycle."""
    if car is None:
        return CarFacts()
    is_service = rule in SERVICE_RULES
    is_anniversary = rule == "anniversary" and anchor_on is not None and car.delivered_on is not None
    return CarFacts(
        plate=car.plate,
        model=car.model,
        due_on=car.next_service_on if is_service else None,
        service_kind=car.next_service_kind if is_service else None,
        insurance_ends_on=car.insurance_ends_on,
        inspection_ends_on=car.inspection_ends_on,
        loan_ends_on=car.loan_ends_on,
        warranty_ends_on=car.warranty_ends_on,
        visited_on=anchor_on if rule == "follow_up" else None,
        years=anchor_on.year - car.delivered_on.year if is_anniversary and anchor_on and car.delivered_on else None,
    )


def occasion_facts(
    rule: str, subject_key: str, anchor_on: date, customer: CustomerRow, *, title: str | None = None
) -> OccasionFacts:
    """What a text of `rule` is about beside the cars; `subject_key` and `anchor_on` name its cycle.

    `title`: what the campaign's list calls its event; a topic is called by its name.
    """
    return OccasionFacts(
        festival=subject_key if rule == "festival" else None,
        event=title or (subject_key if rule == "tips" else None),
        event_on=anchor_on if rule in ("list", "tips") else None,
        level=customer.member_level,
        points=customer.points,
        points_end_on=customer.points_end_on,
    )
