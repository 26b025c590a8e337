"""Reads a YAML file into a pydantic model, keeping every value's line, so that a mistake can say where it is."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from environments.mistakes import Mistake, SettingsError
from environments.validation_errors import KeyPath, fields_at, problems

__all__ = ["Mistake", "SettingsError", "dotted", "line_of", "read_settings"]

M = TypeVar("M", bound=BaseModel)
# The same loader by way of libyaml, where PyYAML was built with it: a model is read in a tenth of the time.
Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Source:
    """A parsed file: its plain data, and the line of each key path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[KeyPath, int] = {}
        self.mistakes: list[Mistake] = []
        self.data = self._parse()

    def _parse(self) -> Any:
        if not self.path.is_file():
            there = ", ".join(sorted(file.stem for file in self.path.parent.glob("*.yaml"))) or "none"
            raise SettingsError([Mistake(self.path, None, "", "no such file", f"one of those there: {there}")])
        try:
            text = self.path.read_text(encoding="utf-8")
            loader = Loader(text)
            root = loader.get_single_node()
            if root is None:
                raise SettingsError([Mistake(self.path, 1, "", "an empty file", "a mapping of settings")])
            self._walk(root, (), frozenset())
            if self.mistakes:
                raise SettingsError(self.mistakes)
            return loader.construct_document(root)
        except UnicodeDecodeError as error:
            raise SettingsError([Mistake(self.path, None, "", "bytes that are not UTF-8", "UTF-8 text")]) from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            found = " ".join((getattr(error, "problem", None) or str(error)).split())
            raise SettingsError([Mistake(self.path, line, "", f"a YAML error, {found}", "valid YAML")]) from error

    def _walk(self, node: yaml.Node, path: KeyPath, ancestors: frozenset[int]) -> None:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in ancestors:
            self._mistake(path, "an alias of a mapping or list around it", "values without cycles")
        elif isinstance(node, yaml.MappingNode):
            self._walk_mapping(node, path, ancestors | {id(node)})
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*path, index), ancestors | {id(node)})

    def _walk_mapping(self, node: yaml.MappingNode, path: KeyPath, ancestors: frozenset[int]) -> None:
        first: dict[str, int] = {}
        for key, value in node.value:
            line, inner = key.start_mark.line + 1, (*path, str(key.value))
            if str(key.value) in first:
                self.mistakes.append(
                    Mistake(
                        self.path, line, dotted(inner), f"the key again, first on line {first[key.value]}", "it once"
                    )
                )
                continue
            first[str(key.value)] = line
            self.lines[inner] = line
            self._walk(value, inner, ancestors)

    def _mistake(self, path: KeyPath, found: str, expected: str) -> None:
        self.mistakes.append(Mistake(self.path, self.line(path), dotted(path), found, expected))

    def line(self, path: KeyPath) -> int:
        """Line of the key path, or of the nearest one around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: KeyPath) -> str:
    """A key path as text, such as `tables.flights.primary_key[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def line_of(file: Path, path: KeyPath) -> int:
    """The line of a key path, or of the nearest one around it, in a file that has been read before."""
    return _Source(file).line(path)


def read_settings(path: Path, model_type: type[M]) -> M:
    """Read the YAML file into `model_type`. Raises SettingsError, which names every mistake of the file."""
    source = _Source(path)
    try:
        settings = model_type.model_validate(source.data, strict=True)
    except ValidationError as error:
        raise SettingsError(list(_mistakes(source, error, model_type))) from error
    name = getattr(settings, "name", path.stem)
    if name != path.stem:
        raise SettingsError(
            [Mistake(path, source.line(("name",)), "name", repr(name), f"the file's own name, {path.stem}")]
        )
    return settings


def _mistakes(source: _Source, error: ValidationError, model_type: type[BaseModel]) -> Iterator[Mistake]:
    """Each problem once, in the file's order; a misspelt key is not told again as a missing one."""
    found = list(problems(error, source.data))
    missing = {problem.path for problem in found if problem.kind == "missing"}
    mistakes = []
    for problem in found:
        if problem.kind == "extra_forbidden":
            parent, key = problem.path[:-1], str(problem.path[-1])
            known = fields_at(model_type, parent, source.data)
            close = get_close_matches(key, known, n=1)
            missing -= {(*parent, name) for name in close}
            expected = f"{close[0]} (did you mean it?)" if close else f"one of {', '.join(known)}"
            mistakes.append((problem.path, "an unknown key", expected))
        elif problem.kind != "missing":
            mistakes.append((problem.path, problem.found, problem.expected))
    mistakes += [(path, "nothing", "this key, which is required") for path in missing]
    for path, what, expected in sorted(mistakes, key=lambda mistake: (source.line(mistake[0]), dotted(mistake[0]))):
        yield Mistake(source.path, source.line(path), dotted(path), what, expected)
