"""Infrastructure and pipelines know nothing of the rehearsal, nor it of them: the seam is REST and the wheel."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FREE_OF_THE_REHEARSAL = ("environments", "infra", "pipelines")
ALL = (*FREE_OF_THE_REHEARSAL, "rehearsal", "delivery", "cli", "bench", "notebooks")


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yaml", ".json", ".md"})


def modules(folder: str) -> list[Path]:
    return [file for file in sources(folder) if file.suffix == ".py"]


def names_imported(file: Path) -> Iterator[str]:
    """Modules, and names with the module that they are taken from; within functions and for types as well."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules_named(file: Path) -> Iterator[str]:
    """Modules that a file imports, or names in a string, as `import_module` and `python -m` take them."""
    yield from names_imported(file)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count("\n") == 0:
            yield node.value


@pytest.mark.parametrize("folder", FREE_OF_THE_REHEARSAL)
def test_nothing_that_is_deployed_names_the_rehearsal(folder: str) -> None:
    files = sources(folder)
    assert files
    assert [str(file) for file in files if "rehears" in file.read_text().lower()] == []


def test_the_rehearsal_imports_neither_infrastructure_nor_pipelines() -> None:
    files = modules("rehearsal")
    assert files
    named = {
        (str(file.relative_to(ROOT)), module)
        for file in files
        for module in modules_named(file)
        if module in ("infra", "pipelines") or module.startswith(("infra.", "pipelines."))
    }
    assert named == set()


def test_only_the_play_reads_the_settings() -> None:
    readers = {
        file.relative_to(ROOT).parts[1]
        for file in modules("rehearsal")
        if any(module.partition(".")[0] == "environments" for module in names_imported(file))
    }
    assert readers <= {"play"}


def test_no_module_needs_one_that_needs_it() -> None:
    paths = [file.relative_to(ROOT) for folder in ALL for file in modules(folder)]
    files = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): ROOT / path for path in paths}

    def needed(file: Path) -> set[str]:
        """What is taken from a package may be a module, which then stands for itself."""
        taken = {name if name in files else name.rpartition(".")[0] for name in names_imported(file)}
        return taken & files.keys()

    needs = {name: needed(file) for name, file in files.items()}
    circle: list[str] = []
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = error.args[1]
    assert len(files) > 500 and circle == []
