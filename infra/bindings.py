"""Lets one resource's binding be imported without its thousand neighbours.

The prebuilt packages of bindings import every resource of their provider when any is asked for: 5 s for Databricks,
25 s for Azure, of each synthesis. The modules need only what they import themselves, so the packages are entered into
Python's list of modules as what they are on disk, folders of modules, and their own `__init__` is not run.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec

PACKAGES = ("cdktf_cdktf_provider_azurerm", "cdktf_cdktf_provider_databricks")


def import_one_by_one() -> None:
    """Enter the packages; one that was imported whole before stays as it is. Raises ImportError when one is missing."""
    for name in PACKAGES:
        if name in sys.modules:
            continue
        spec = find_spec(name)
        if spec is None:
            raise ImportError(f"{name} is not installed")
        sys.modules[name] = module_from_spec(spec)
