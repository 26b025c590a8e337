"""`./understudy doctor`: what is missing on this machine or in the settings, a line each with the remedy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli import ROOT
from cli.targets import PortBase
from environments.consistency import AllSettings, load_all
from environments.mistakes import SettingsError, shown
from rehearsal.listening import listens
from rehearsal.play.world import FEEDS
from rehearsal.workspace.context import Ports

# What each installation leaves, and the lock file that it must not be older than: as the Makefile has them.
INSTALLED = {
    "Python packages": (".venv/installed", "uv.lock"),
    "the CDK for Terraform": ("node_modules/.package-lock.json", "package-lock.json"),
    "Terraform providers": (".understudy/terraform/provider.json", "rehearsal/provider/install.py"),
}
MISSING = re.compile(r"missing: (.*)\n  found:  (.*)\n  get it: (.*)")
NOBODY = "00000000-0000-0000-0000-"  # what ids of Azure begin with until they are filled in


@dataclass(frozen=True)
class Finding:
    """Something looked at; without a remedy it is well."""

    what: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'missing' if self.remedy else 'ok':8}{self.what}: {self.found}"
        return f"{line}; {self.remedy}" if self.remedy else line


def command(
    azure: Annotated[bool, typer.Option("--azure", help="Also what deploying to Azure needs.")] = False,
    port_base: PortBase = 8440,
) -> None:
    """Tell what is missing on this machine or in the settings, one line each with the remedy; status 1 if anything is.

    \b
    Examples:
      ./understudy doctor
      ./understudy doctor --azure
    """
    findings = [*prerequisites(), *installed(), *ports(port_base), *settings(azure=azure)]
    for finding in findings:
        typer.echo(str(finding))
    raise typer.Exit(1 if any(finding.remedy for finding in findings) else 0)


def prerequisites() -> Iterator[Finding]:
    """What set-up cannot install, by set-up's own script."""
    done = subprocess.run([ROOT / "setup" / "prerequisites.sh"], capture_output=True, text=True)
    for what, found, remedy in MISSING.findall(done.stderr):
        yield Finding(what, f"found {found}", f"get it: {remedy}")
    if done.returncode == 0:
        yield Finding("prerequisites", f"Python is {done.stdout.strip()}; git, Java and Terraform are there")


def installed() -> Iterator[Finding]:
    """What set-up installs into the checkout."""
    for what, (mark, lock) in INSTALLED.items():
        if not (ROOT / mark).exists():
            yield Finding(what, f"no {mark}", "make setup")
        elif (ROOT / mark).stat().st_mtime < (ROOT / lock).stat().st_mtime:
            yield Finding(what, f"older than {lock}", "make setup")
        else:
            yield Finding(what, "installed")


def ports(first: int) -> Iterator[Finding]:
    """Can the local workspace listen, or does it already."""
    taken = [port for port in range(first, first + Ports.COUNT) if listens(port)]
    what = f"ports {first} to {first + Ports.COUNT - 1}"
    if taken:
        found = f"{', '.join(map(str, taken))} taken"
        yield Finding(what, found, "make down, where it is a local workspace; else PORT_BASE=… for another range")
    else:
        yield Finding(what, "free")


def settings(*, azure: bool) -> Iterator[Finding]:
    """The files of settings, each model's package and data, and with `azure` what stands in for what is not known."""
    try:
        known = load_all(ROOT / "environments")
    except SettingsError as error:
        for mistake in error.mistakes:
            place = ", ".join([shown(mistake.file), *([f"line {mistake.line}"] if mistake.line else [])])
            yield Finding(place, f"{mistake.key} found {mistake.found}".strip(), f"expected {mistake.expected}")
        return
    yield Finding("settings", f"{len(known.environments)} environments, {len(known.models)} models")
    for model in known.models:
        if not (ROOT / "pipelines" / "models" / model.name / "__init__.py").exists():
            yield Finding(f"model {model.name}", "no code", f"write the package pipelines/models/{model.name}")
        if model.name not in FEEDS:
            remedy = f"add rehearsal/play/world/samples/{model.name}/<table>.csv"
            yield Finding(f"model {model.name}", "no data to rehearse with", remedy)
    if azure:
        yield from placeholders(known)
        yield from sign_in(known)


def placeholders(known: AllSettings) -> Iterator[Finding]:
    """Ids that are still those of nobody."""
    ids = {"environments/account.yaml, key metastore_id": known.account.metastore_id}
    for name, environment in known.environments.items():
        for key in ("subscription_id", "tenant_id"):
            ids[f"environments/{name}.yaml, key azure.{key}"] = getattr(environment.azure, key)
    for place, value in ids.items():
        if value.startswith(NOBODY):
            yield Finding(place, f"{value}, which stands for none", "fill in yours")


def sign_in(known: AllSettings) -> Iterator[Finding]:
    """Profiles for Databricks, and a way to sign in to Azure."""
    file = Path(os.environ.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg").expanduser()
    sections = ConfigParser()
    try:
        sections.read(file)
    except ConfigError as error:
        yield Finding(str(file), " ".join(str(error).split()), "write it as docs/deploying.md tells")
    for profile in (known.account.profile, *(environment.profile for environment in known.environments.values())):
        if profile in sections:
            yield Finding(f"profile {profile}", f"in {file}")
        else:
            yield Finding(f"profile {profile}", f"none in {file}", "add it as docs/deploying.md tells")
    if os.environ.get("ARM_CLIENT_ID") or shutil.which("az"):
        yield Finding("sign-in to Azure", "ARM_CLIENT_ID" if os.environ.get("ARM_CLIENT_ID") else "az is there")
    else:
        remedy = "install the Azure CLI and `az login`, or set ARM_CLIENT_ID and its like"
        yield Finding("sign-in to Azure", "neither az nor ARM_CLIENT_ID", remedy)
