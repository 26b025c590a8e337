"""Read Terraform schemas out of the cdktf bindings of a provider.

The bindings were generated from the real provider's schema, and their JavaScript (inside the jsii archive of the Python
package) still says all that a plan needs: exact names and types and what is a block (`synthesizeHclAttributes`), what
the provider computes (comments of the getters), and what is required (fields of the TypeScript interfaces).
It does not say which optional attributes the provider fills in by itself, nor which changes replace a resource: those
two are in `rehearsal/provider/resources`, next to the calls.
"""

from __future__ import annotations

import importlib.util
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "cdktf_cdktf_provider_{family}"
ITEM = re.compile(
    r"^ {8,12}(?P<name>\w+): \{\s+value: (?P<value>.+),\s+isBlock: (?P<block>true|false),"
    r'\s+type: "(?P<shape>\w+)",\s+storageClassType: "(?P<storage>\w+)",\s+\}',
    re.MULTILINE,
)
STRUCT = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
COMPUTED = re.compile(
    r"// (?P<name>\w+) - computed: true, optional: false, required: false\n\s+get \w+\(\) \{\n"
    r"\s+return this\.get(?P<getter>String|Number|Boolean|List|StringMap)Attribute\("
)
MAIN = re.compile(r"^class \w+ extends cdktf\.Terraform(Resource|DataSource|Provider)", re.MULTILINE)
OUTPUTS = re.compile(r"^class (\w+)OutputReference extends [^\n]*\n(.*?)^\}", re.MULTILINE | re.DOTALL)
INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\s+readonly (\w+)(\?)?:", re.MULTILINE)
SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}
GETTERS: dict[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "StringMap": ["map", "string"],
}


def render(block: dict[str, Any]) -> str:
    """The text of a schema file: one attribute or block per line would be long, so keys are sorted and compact."""
    return json.dumps(block, sort_keys=True, indent=1) + "\n"


@dataclass
class Library:
    """The JavaScript and the type declarations of every kind, by path inside the archive."""

    files: dict[str, str]

    @classmethod
    def installed(cls, family: str = "databricks") -> Library:
        """Open the archive inside the installed Python package (without importing it, which starts Node)."""
        package = PACKAGE.format(family=family)
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"{package} is not installed")
        (archive,) = Path(spec.submodule_search_locations[0], "_jsii").glob("*.jsii.tgz")
        files = {}
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name.startswith("package/lib/") and member.name.endswith((".js", ".d.ts")):
                    content = tar.extractfile(member)
                    if content is not None:
                        files[member.name.removeprefix("package/lib/")] = content.read().decode()
        return cls(files)

    def version(self) -> str:
        """The version of the provider that the bindings were generated from."""
        (version,) = re.findall(r"providerVersion: '([\d.]+)'", self.files["provider/index.js"])
        return str(version)

    def block(self, kind: str) -> dict[str, Any]:
        """The schema's block of a kind such as `sql_table`."""
        folder = kind.replace("_", "-") + "/"
        script = "\n".join(
            text for path, text in self.files.items() if path.startswith(folder) and path.endswith(".js")
        )
        types = "\n".join(
            text for path, text in self.files.items() if path.startswith(folder) and path.endswith(".d.ts")
        )
        main = self.files[folder + "index.js"]
        main = main[MAIN.search(main).start() :]  # type: ignore[union-attr]
        interfaces = {name: _required_fields(body) for name, body in INTERFACE.findall(types)}
        (config,) = re.findall(
            r"^export interface (\w+) extends cdktf\.TerraformMetaArguments", types, re.MULTILINE
        ) or [next(name for name in interfaces if name.endswith("ProviderConfig"))]
        reader = _Reader(dict(STRUCT.findall(script)), interfaces, dict(OUTPUTS.findall(script)))
        block = reader.block(main[main.index("synthesizeHclAttributes") :], interfaces[config])
        block["attributes"] |= _computed(main)
        return block


def _computed(text: str) -> dict[str, Any]:
    """What the provider alone fills in; lists of objects are left out, which the bindings show as classes."""
    return {match["name"]: {"type": GETTERS[match["getter"]], "computed": True} for match in COMPUTED.finditer(text)}


def _required_fields(body: str) -> set[str]:
    return {_snake(name) for name, optional in FIELD.findall(body) if not optional}


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


@dataclass
class _Reader:
    structs: dict[str, str]
    interfaces: dict[str, set[str]]
    outputs: dict[str, str]

    def block(self, text: str, required: set[str]) -> dict[str, Any]:
        block: dict[str, Any] = {"attributes": {}, "block_types": {}}
        for item in ITEM.finditer(text):
            if item["block"] == "true":
                block["block_types"][item["name"]] = self.nested(item)
            else:
                use = "required" if _flat(item["name"]) in map(_flat, required) else "optional"
                block["attributes"][item["name"]] = {"type": _type(item), use: True}
        return block

    def nested(self, item: re.Match[str]) -> dict[str, Any]:
        (struct,) = re.findall(r"(\w+)ToHclTerraform\b", item["value"])
        name = struct[0].upper() + struct[1:]
        nested: dict[str, Any] = {
            "nesting_mode": "single" if item["shape"] == "struct" else item["shape"],
            "block": self.block(self.structs[struct], self.interfaces[name]),
        }
        if nested["nesting_mode"] == "list":  # in sets, Terraform would tell the elements apart by them
            nested["block"]["attributes"] |= _computed(self.outputs.get(name, ""))
        if item["shape"] == "list" and "listMapperHcl" not in item["value"]:
            nested["max_items"] = 1  # the bindings show such a block as one object
        return nested


def _flat(name: str) -> str:
    return name.replace("_", "")  # camel case loses where digits are set apart: s3_path, azure_2


def _type(item: re.Match[str]) -> Any:
    shape, storage = item["shape"], item["storage"]
    if shape == "simple":
        return SIMPLE[storage]
    element = SIMPLE[storage.removesuffix("List").removesuffix("Map")]
    return [shape, element]
