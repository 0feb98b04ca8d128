"""The audience kinds a campaign can have, one entry each: what its cycle is about and how long its last stage is open.

A new kind is an entry here and a module of the same name under store/audiences. docs/rules.md shows how to write one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from notifier.locale import N_, _

__all__ = ["RULES", "Rule", "campaign_title", "rule_title"]

_CUSTOMERS = ("customers",)
_VISITS = ("customers", "visits")
_EXACT = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One audience kind. Source of every figure: rules.md, "Cycles and stages".

    `subject`: what a cycle is about, "vehicle", "customer", or "either" where each row of a list decides.
    `tolerance_days`: an anchor this near an existing cycle's belongs to it. `late_days`: how long the last stage stays
    open after the due day. `reads`: the imports whose freshness it depends on. `success`: the outcome it is measured
    by. `answered_by`: the outcome after which there is nothing left to say ("visit", "renewal"); None for a greeting,
    which a visit does not make pointless.
    `counts_months`: its stages are months after the due day; `mixes_units`: they may be days and months together.
    `has_due_date`: outcomes gather around the due day, weeks after the text. `recurs`: it is due again each year.
    `options`: the keys of schedules.yaml that belong to this rule alone. `provides`: the groups of template fields that
    its texts can fill beside those every text can. `title` and `nothing_due`: its name, and what
    is missing where nothing is due, for people.
    """

    name: str
    title: str
    nothing_due: str
    subject: str
    tolerance_days: int
    late_days: int
    reads: tuple[str, ...] = _CUSTOMERS
    success: str = "visit"
    answered_by: str | None = None
    counts_months: bool = False
    mixes_units: bool = False
    has_due_date: bool = False
    recurs: bool = False
    options: tuple[str, ...] = field(default=())
    provides: tuple[str, ...] = field(default=())


_ALL = (
    Rule(
        "first_service", N_("First service"),
        N_("No first service lies ahead: no delivery is on record, or it is done."),
        "vehicle", 180, 0, reads=_VISITS, answered_by="visit", has_due_date=True, provides=("service",),
    ),
    Rule(
        "maintenance_due", N_("Maintenance due"),
        N_("No regular service can be predicted: no maintenance visit or delivery is on record."),
        "vehicle", 30, 0, reads=_VISITS, answered_by="visit", has_due_date=True, provides=("service",),
    ),
    Rule(
        "insurance_expiry", N_("Insurance expiry"), N_("No end of an insurance policy is on record."),
        "vehicle", 179, 0, reads=("customers", "renewals"), success="renewal", answered_by="renewal", has_due_date=True,
    ),
    Rule(
        "inspection", N_("Annual inspection"), N_("No end of the annual inspection is on record."),
        "vehicle", 90, 0, answered_by="visit", has_due_date=True, provides=("inspection",),
    ),
    Rule(
        "loan_end", N_("Loan end"), N_("No end of a car loan is on record."),
        "vehicle", 180, 0, answered_by="visit", has_due_date=True, provides=("loan",),
    ),
    Rule(
        "warranty_end", N_("Warranty end"), N_("No end of the warranty is on record."),
        "vehicle", 180, 0, reads=_VISITS, answered_by="visit", has_due_date=True, provides=("warranty",),
    ),
    Rule("birthday", N_("Birthday"), N_("No birthday is on record."), "customer", 180, 0, recurs=True),
    Rule("anniversary", N_("Purchase anniversary"), N_("No delivery is on record."), "vehicle", 180, 3, recurs=True),
    Rule(
        "festival", N_("Festivals"), N_("None of the campaign's festivals is near."),
        "customer", 180, 0, recurs=True, options=("festivals",), provides=("festival",),
    ),
    Rule(
        "thank_you", N_("Delivery thank-you"), N_("No delivery is on record."),
        "vehicle", 30, 3, mixes_units=True, options=("repeat",),
    ),
    Rule(
        "follow_up", N_("After-visit follow-up"), N_("No visit of the last weeks is on record."),
        "vehicle", 6, 4, reads=_VISITS, answered_by="visit", provides=("visit",),
    ),
    Rule(
        "winback", N_("Win-back"), N_("Neither a visit nor a delivery is on record."),
        "customer", 30, 180, reads=_VISITS, answered_by="visit", counts_months=True,
    ),
    Rule("points", N_("Points expiring"), N_("No points with an end date are on record."), "customer", 30, 0),
    Rule("level", N_("Member level"), N_("No change of the member level is on record."), "customer", _EXACT, 7),
    Rule("referral", N_("Referral thanks"), N_("No delivery names this customer as the one who brought the buyer."),
         "customer", 30, 7),
    Rule("tips", N_("Car-care tips"), N_("None of the campaign's topics is near."), "customer", _EXACT, 7,
         recurs=True, options=("topics",), provides=("event",)),
    Rule("list", N_("List"), N_("The customer is not on the campaign's list."), "either", _EXACT, 0,
         options=("list",), provides=("event",)),
)  # fmt: skip

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _ALL}


def rule_title(name: str) -> str:
    """What people call the rule, in the reader's language; a name that is no rule's stays as it is."""
    return _(RULES[name].title) if name in RULES else name


def campaign_title(key: str, name: str | None, list_title: str | None) -> str:
    """What screens call a campaign: the name it has, else the title of its rule or its list, else its key."""
    if name is not None:
        return name
    return list_title if list_title is not None and key not in RULES else rule_title(key)
