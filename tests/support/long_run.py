"""How many random examples a property sees: a few in the suite, always the same; thousands with ``make properties``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
"""So many random shops a property; 0 = the short run of the suite."""
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def lived(short: int) -> settings:
    """For an example that lives for days: `short` of them in the suite. To shrink one would take minutes."""
    return settings(
        max_examples=EXAMPLES or short,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
        phases=_NO_SHRINKING,
        print_blob=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
