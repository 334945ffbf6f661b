"""What templates tell the apps above, which they must not know. Filled in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from templates_app.models import Template

# Templates that can no longer be sent as they were: paused, disabled, rejected after an edit, deleted, or with other
# words. In the tenant's scope and in the transaction that stores it; may be called again for the same template.
TemplatesStopped = Callable[[Sequence[Template]], None]
# Templates that count as another category from now on, and so have another price.
TemplatesRecategorised = Callable[[Sequence[Template]], None]


def _unheard(_templates: Sequence[Template]) -> None:
    return None


@dataclass
class Hooks:
    """One listener each."""

    templates_stopped: TemplatesStopped = _unheard
    templates_recategorised: TemplatesRecategorised = _unheard


hooks = Hooks()
