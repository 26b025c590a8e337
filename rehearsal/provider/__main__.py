"""Command line of the provider: Terraform starts it without arguments; `install` makes Terraform find it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rehearsal.provider import CACHE_VARIABLE


def serve() -> None:
    """Serve Terraform's plugin protocol until Terraform ends it. Imports only what that needs: it starts often."""
    from tf import runner

    from rehearsal.provider.provider import DatabricksProvider

    # The library keeps its loopback certificate in the home directory; nothing is written outside the checkout.
    folder = os.environ.get(CACHE_VARIABLE)
    if folder:
        runner._get_cert_cache_path = lambda: Path(folder, "loopback-certificate.json")
    runner.run_provider(DatabricksProvider(), ["terraform-provider-databricks"])


def main() -> None:
    """Serve, or run the command that the arguments name."""
    if len(sys.argv) == 1:
        serve()
    else:
        from rehearsal.provider import install

        install.main(sys.argv[1:])


if __name__ == "__main__":
    main()
