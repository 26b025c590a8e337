"""What the plugin library does not plan: defaults of what exists, parts of blocks that only the provider knows, blocks
that replace. Nor does it say of which kinds Terraform bears another answer than planned.

The library gives defaults to new resources only; what somebody changed by hand, and the configuration leaves to the
default, would stay changed. And it looks at attributes alone: Terraform wants to hear, too, that
`identity[0].principal_id` will be known after the apply, and that another `virtual_network_id` inside
`custom_parameters` makes another workspace.
"""

from __future__ import annotations

from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.provider import ProviderServicer
from tf.types import Unknown
from tf.utils import _to_attribute_path, read_dynamic_value, to_dynamic_value

from rehearsal.provider.kind import Kind, Values


class Servicer(ProviderServicer):  # type: ignore[misc]  # the library is untyped here
    """The library's servicer with these things added."""

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        """Plan a change."""
        kind: Kind = self._get_res_cls(request.type_name).kind
        proposed, config = read_dynamic_value(request.proposed_new_state), read_dynamic_value(request.config)
        prior = read_dynamic_value(request.prior_state)
        if prior is not None and proposed is not None:
            request.proposed_new_state.CopyFrom(to_dynamic_value(with_defaults(kind, proposed, prior, config)))
        answer = super().PlanResourceChange(request, context)
        planned = read_dynamic_value(answer.planned_state)
        if planned is None or answer.diagnostics:
            return answer
        changed = to_dynamic_value(with_unknowns(kind.block, planned, prior or {}))
        paths = [] if prior is None else [_to_attribute_path(path) for path in replacing(kind, prior, planned)]
        return pb.PlanResourceChange.Response(
            planned_state=changed,
            requires_replace=[*answer.requires_replace, *paths],
            diagnostics=answer.diagnostics,
        )

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        """Apply a change."""
        answer = super().ApplyResourceChange(request, context)
        answer.legacy_type_system = self._get_res_cls(request.type_name).kind.lenient
        return answer


def with_defaults(kind: Kind, proposed: Values, prior: Values, config: Values) -> Values:
    """The proposal with defaults where the configuration is silent; what was imported has none yet, and keeps none."""
    silent = {name for name in kind.defaults if config.get(name) is None and prior.get(name) is not None}
    return proposed | {name: kind.defaults[name] for name in silent}


def with_unknowns(block: Values, planned: Values, prior: Values) -> Values:
    """The plan with what the provider will fill in marked, in those items of list blocks that are new."""
    result = dict(planned)
    for name, nested in block["block_types"].items():
        items, before = planned.get(name), prior.get(name) or []
        if nested["nesting_mode"] != "list" or not isinstance(items, list):
            continue
        result[name] = [
            _with_unknowns(nested["block"], item, before[index] if index < len(before) else None)
            for index, item in enumerate(items)
        ]
    return result


def _with_unknowns(block: Values, item: Any, before: Values | None) -> Any:
    if not isinstance(item, dict):
        return item
    marked = with_unknowns(block, item, before or {})
    if before is None:
        for name, attribute in block["attributes"].items():
            if marked.get(name) is None and attribute.get("computed"):
                marked[name] = Unknown
    return marked


def replacing(kind: Kind, prior: Values, planned: Values) -> list[list[Any]]:
    """Paths of what changes and cannot in place: whole blocks (`name`), or parts of single ones (`name.part`)."""
    paths: list[list[Any]] = []
    for path in sorted(kind.force_new):
        name, _, part = path.partition(".")
        if name not in kind.block["block_types"]:
            continue
        before, after = prior.get(name) or [], planned.get(name) or []
        if not part:
            if _configured(kind, name, before) != _configured(kind, name, after):
                paths.append([name])
        elif before and after and before[0].get(part) != after[0].get(part):
            paths.append([name, (0,), part])
    return paths


def _configured(kind: Kind, name: str, items: Any) -> Any:
    """Items without what the provider fills in."""
    attributes = kind.block["block_types"][name]["block"]["attributes"]
    computed = {part for part, attribute in attributes.items() if attribute.get("computed")}
    if not isinstance(items, list):
        return items
    return [{part: value for part, value in item.items() if part not in computed} for item in items]
