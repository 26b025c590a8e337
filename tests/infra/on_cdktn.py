"""Runs the app on cdktn: each module of cdktf that it asks for is given by the fork's module in its place.

Started with the interpreter of the fork's environment, which holds no cdktf at all; nothing in `infra` is changed.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from importlib.util import find_spec, module_from_spec

PACKAGES = {
    "cdktf_cdktf_provider_azurerm": "cdktn_provider_azurerm",
    "cdktf_cdktf_provider_databricks": "cdktn_provider_databricks",
}


def main() -> None:
    """Enter the fork's modules under cdktf's names; the bindings one by one, as infra/bindings.py does."""
    sys.modules["cdktf"] = importlib.import_module("cdktn")
    for name, fork in PACKAGES.items():
        spec = find_spec(fork)
        if spec is None:
            raise ImportError(f"{fork} is not installed")
        sys.modules[name] = module_from_spec(spec)
    runpy.run_module("infra", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
