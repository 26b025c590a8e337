"""Format: the version's files are an MLflow model that can be loaded, packed and built again elsewhere."""

from __future__ import annotations

from pathlib import Path

from mlflow.models import Model as MlflowModel
from mlflow.pyfunc import FLAVOR_NAME

from environments.settings import Model
from pipelines.evaluation.versions import LoadedVersion, load_files, own_files
from pipelines.validation.checks import Check, in_words

REQUIREMENTS = "requirements.txt"


def format_check(files: Path) -> Check:
    """Are the files an MLflow model that any Python program can ask."""
    expected = f"an MLflow model of the flavour {FLAVOR_NAME}"
    folders = dict.fromkeys((files, own_files(files)))
    flavours = [sorted(MlflowModel.load(str(folder)).flavors) for folder in folders]
    found = ", in it ".join(", ".join(some) or "no flavour" for some in flavours)
    return Check("format", all(FLAVOR_NAME in some for some in flavours), found, expected)


def packed_check(files: Path, model: Model) -> Check:
    """Does the version bring its look-ups along, where there are any, so that callers need only send keys."""
    packed = own_files(files) != files
    found = "a model with its look-ups" if packed else "a model alone"
    if not model.feature_tables and not model.on_demand_features:
        return Check("look_ups", True, found, "nothing, as the model looks nothing up")
    return Check("look_ups", packed, found, "a model that FeatureEngineeringClient packed with its look-ups")


def requirements_check(files: Path) -> Check:
    """Is each package that the model needs pinned to one version, so that it answers tomorrow as it does today."""
    expected = f"{REQUIREMENTS} with one version (==) of each package"
    listed = own_files(files) / REQUIREMENTS
    if not listed.is_file():
        return Check("requirements", False, f"no {REQUIREMENTS}", expected)
    lines = [line.partition("#")[0].strip() for line in listed.read_text(encoding="utf-8").splitlines()]
    packages = [line for line in lines if line]
    loose = [package for package in packages if "==" not in package or package.endswith("*")]
    found = ", ".join(loose) if loose else f"{len(packages)} pinned packages"
    return Check("requirements", bool(packages) and not loose, found, expected)


def load_check(files: Path) -> tuple[LoadedVersion | None, Check]:
    """Load the version's own files; a version that does not load fails the check, it does not break the stage."""
    expected = "a version that MLflow loads"
    try:
        return load_files(own_files(files)), Check("loads", True, "it loads", expected)
    except Exception as error:  # whatever the version's own code raises is the finding
        return None, Check("loads", False, in_words(error), expected)
