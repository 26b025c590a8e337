"""Command line of the providers: `serve` is what Terraform starts; `install` makes Terraform find them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rehearsal.provider import CACHE_VARIABLE


def serve(family: str) -> None:
    """Serve Terraform's plugin protocol until Terraform ends it. Imports only what that needs: it starts often."""
    import tf.provider
    from tf import runner

    from rehearsal.provider.planning import Servicer

    tf.provider.ProviderServicer = Servicer
    # The library keeps its loopback certificate in the home directory; nothing is written outside the checkout.
    folder = os.environ.get(CACHE_VARIABLE)
    if folder:
        runner._get_cert_cache_path = lambda: Path(folder, "loopback-certificate.json")
    runner.run_provider(_provider(family), [f"terraform-provider-{family}"])


def _provider(family: str) -> object:
    if family == "azurerm":
        from rehearsal.provider.azure.provider import AzurermProvider

        return AzurermProvider()
    from rehearsal.provider.provider import DatabricksProvider

    return DatabricksProvider()


def main() -> None:
    """Serve, or run the command that the arguments name."""
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        from rehearsal.provider import install

        install.main(sys.argv[1:])


if __name__ == "__main__":
    main()
