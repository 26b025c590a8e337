"""The schemas as the plugin library's objects, which is what Terraform asks for first.

The library has no list blocks and would turn values into Python objects of its own; here values stay what they are on
the wire, but for numbers, and only sets need a comparison of their own.

Terraform's numbers are decimal. It sends those that a float does not hold exactly (0.7) as text, and takes the nearest
float for another number: such a float goes back as text, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.schema import Attribute, Block, NestedBlock, NestMode, Schema
from tf.types import TfType, Unknown

from rehearsal.provider.kind import Kind

NESTING = {
    "list": pb.Schema.NestedBlock.NestingMode.LIST,
    "set": pb.Schema.NestedBlock.NestingMode.SET,
    "single": pb.Schema.NestedBlock.NestingMode.SINGLE,
}


class WireType(TfType):  # type: ignore[misc]  # the library is untyped here
    """Any type of the schema files: `"string"`, `["map", "string"]`."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    def encode(self, value: Any) -> Any:
        """As it is, numbers as Terraform has them."""
        return _converted(self.kind, value, _decimal)

    def decode(self, value: Any) -> Any:
        """As it is, numbers as Python has them."""
        return _converted(self.kind, value, _number)

    def tf_type(self) -> bytes:
        """The type in Terraform's notation, which is that of the schema files."""
        return json.dumps(self.kind).encode()

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        """Equal; the order of a set does not matter."""
        if self.kind[0] == "set" and isinstance(a_decoded, list) and isinstance(b_decoded, list):
            return sorted(map(str, a_decoded)) == sorted(map(str, b_decoded))
        return bool(a_decoded == b_decoded)


class WireBlock(NestedBlock):  # type: ignore[misc]  # the library is untyped here
    """A nested block of any mode."""

    def __init__(self, name: str, nested: dict[str, Any]) -> None:
        super().__init__(name, NestMode.Set, _block(nested["block"]), max_items=nested.get("max_items"))
        self.mode = nested["nesting_mode"]
        self.nested = nested["block"]

    def to_pb(self) -> pb.Schema.NestedBlock:
        """The message that Terraform reads."""
        return pb.Schema.NestedBlock(
            type_name=self.type_name, block=self.block.to_pb(), max_items=self.max_items, nesting=NESTING[self.mode]
        )

    def encode(self, value: Any) -> Any:
        """As it is, numbers as Terraform has them."""
        return _converted_block(self.nested, value, _decimal)

    def decode(self, value: Any) -> Any:
        """As it is, numbers as Python has them."""
        return _converted_block(self.nested, value, _number)

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        """Equal, to the order."""
        return bool(a_decoded == b_decoded)


def schema(kind: Kind) -> Schema:
    """A kind's schema: the bindings' facts and the kind's."""
    return Schema(
        attributes=[_attribute(kind, name, facts) for name, facts in kind.block["attributes"].items()],
        block_types=[WireBlock(name, nested) for name, nested in kind.block["block_types"].items()],
        version=0,
    )


def plain(block: dict[str, Any]) -> Schema:
    """A schema with nothing but the bindings' facts: the provider block's."""
    described = _block(block)
    return Schema(attributes=described.attributes, block_types=described.block_types, version=0)


def _attribute(kind: Kind, name: str, facts: dict[str, Any]) -> Attribute:
    filled_in = name == "id" or name in kind.computed or name in kind.defaults
    return Attribute(
        name,
        WireType(facts["type"]),
        required=facts.get("required", False),
        optional=facts.get("optional", False),
        computed=facts.get("computed", False) or (filled_in and not facts.get("required", False)),
        requires_replace=name in kind.force_new,
        default=kind.defaults.get(name, Unknown),
    )


def _block(block: dict[str, Any]) -> Block:
    attributes = [
        Attribute(
            name,
            WireType(facts["type"]),
            required=facts.get("required", False),
            optional=facts.get("optional", False),
            computed=facts.get("computed", False),
        )
        for name, facts in block["attributes"].items()
    ]
    return Block(attributes, [WireBlock(name, nested) for name, nested in block["block_types"].items()])


def _converted_block(block: dict[str, Any], value: Any, convert: Callable[[Any], Any]) -> Any:
    """A block's values, or a list of them, with each number converted; unknown ones stay."""
    if isinstance(value, list):
        return [_converted_block(block, item, convert) for item in value]
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for name in block["attributes"].keys() & value.keys():
        result[name] = _converted(block["attributes"][name]["type"], value[name], convert)
    for name in block["block_types"].keys() & value.keys():
        result[name] = _converted_block(block["block_types"][name]["block"], value[name], convert)
    return result


def _converted(kind: Any, value: Any, convert: Callable[[Any], Any]) -> Any:
    if kind == "number":
        return convert(value)
    if isinstance(kind, list) and isinstance(value, list):
        return [_converted(kind[1], item, convert) for item in value]
    if isinstance(kind, list) and isinstance(value, dict):
        inner = kind[1] if isinstance(kind[1], dict) else dict.fromkeys(value, kind[1])
        return {name: _converted(inner[name], item, convert) for name, item in value.items()}
    return value


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(value: Any) -> Any:
    return repr(value) if isinstance(value, float) and Decimal(repr(value)) != Decimal(value) else value
