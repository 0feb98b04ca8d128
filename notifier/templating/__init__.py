"""templates/sms → texts: front matter, the field registry, sandboxed Jinja, values as spoken, preview, lint."""

from notifier.templating.fields import (
    FIELDS,
    FLAGS,
    Field,
    Flag,
    example_values,
    field_named,
    flag_named,
    hardest_values,
)
from notifier.templating.folder import LoadedTemplates, TemplateFolder, choose_language
from notifier.templating.grammar import ALLOWED_FILTERS, MissingValue
from notifier.templating.lint import LintFinding, Severity, hardest_text, lint
from notifier.templating.parsing import (
    KINDS,
    REPLY_MEANINGS,
    Template,
    parse_template,
    raise_if_campaign_cannot_fill,
    raise_if_template_uses_unknown_field,
)
from notifier.templating.rendering import (
    GatewayLimits,
    Preview,
    Renderer,
    as_billed,
    compose,
    preview,
    raise_if_gateway_cannot,
    way_out_words,
)
from notifier.templating.values import (
    CarFacts,
    CouponFacts,
    CustomerFacts,
    OccasionFacts,
    ShopFacts,
    Values,
    build_values,
)

__all__ = [
    "ALLOWED_FILTERS",
    "FIELDS",
    "FLAGS",
    "KINDS",
    "REPLY_MEANINGS",
    "CarFacts",
    "CouponFacts",
    "CustomerFacts",
    "Field",
    "Flag",
    "GatewayLimits",
    "LintFinding",
    "LoadedTemplates",
    "MissingValue",
    "OccasionFacts",
    "Preview",
    "Renderer",
    "Severity",
    "ShopFacts",
    "Template",
    "TemplateFolder",
    "Values",
    "as_billed",
    "build_values",
    "choose_language",
    "compose",
    "example_values",
    "field_named",
    "flag_named",
    "hardest_text",
    "hardest_values",
    "lint",
    "parse_template",
    "preview",
    "raise_if_campaign_cannot_fill",
    "raise_if_gateway_cannot",
    "raise_if_template_uses_unknown_field",
    "way_out_words",
]
