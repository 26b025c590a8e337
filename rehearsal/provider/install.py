"""Make Terraform find the providers: the real ones where they can be installed and used, else the stand-ins.

- `databricks/databricks`: the real one when the registry can be reached; it talks to the local workspace as to any. Not
  before version 1.128, though, the earliest that is known to ask a host whether it is an account's: 1.99 goes by the
  host's name (`https://accounts.…`).
- `hashicorp/azurerm`: always the stand-in; the real one speaks https to Azure's own names and cannot be sent to a local
  port.

Writes `<home>/terraform/terraformrc` (a mirror folder for these two; all others come as usual) and
`<home>/terraform/provider.json`, which remembers the choice so that later runs do not ask the network again.
Terraform uses it by TF_CLI_CONFIG_FILE.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.version import Version

from rehearsal import forked_python
from rehearsal.provider import CACHE_VARIABLE, schemas

SOURCES = {"databricks": "databricks/databricks", "azurerm": "hashicorp/azurerm"}
HOSTS = ("registry.terraform.io", "registry.opentofu.org")  # where Terraform and OpenTofu say that a provider lives
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
CHECKOUT = Path(__file__).parents[2]
ASKS_THE_HOST = Version("1.128.0")  # the first that was tried of those that do
REGISTRY_SECONDS = 300  # long enough for a slow download; a registry that cannot be reached fails at once


@dataclass(frozen=True)
class Choice:
    """Which provider was installed, and why."""

    kind: str  # "real" or "stand-in"
    version: str
    why: str


def install(home: Path, *, ask_again: bool = False, real: bool = True) -> Choice:
    """Install both under `<home>/terraform` and answer what was chosen for Databricks."""
    folder = home.resolve() / "terraform"
    memory = folder / "provider.json"
    choice = None if ask_again else _remembered(folder, memory)
    if choice is None:
        choice = _install_real(folder) if real else Choice("stand-in", schemas.version(), "asked for")
    if choice.kind == "stand-in":
        _install_stand_in(folder, "databricks")
    _keep_only(folder, choice.version)
    _install_stand_in(folder, "azurerm")
    azurerm = Choice("stand-in", schemas.version("azurerm"), "the real one reaches no Azure but Microsoft's")
    _write(folder / "terraformrc", _cli_configuration(folder))
    _write(memory, json.dumps({**asdict(choice), "azurerm": asdict(azurerm)}, indent=2) + "\n")
    return choice


def environment(home: Path) -> dict[str, str]:
    """What Terraform's environment needs to use the installed providers.

    `terraform providers lock`, which cdktf runs before each deployment, asks the registry whatever the CLI
    configuration says, unless it is given the mirror as an argument. cdktf lets Terraform keep providers in a cache of
    the user's, where stand-ins have no business: real deployments look there, and rehearsals of other checkouts.
    """
    folder = home.resolve() / "terraform"
    return {
        "TF_CLI_CONFIG_FILE": str(folder / "terraformrc"),
        "TF_CLI_ARGS_providers_lock": f"-fs-mirror={folder / 'plugins'}",
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "true",
        "TF_PLUGIN_CACHE_DIR": "",
        # Terraform collects its garbage less often: a sixteenth of its time, for 80 MB.
        "GOGC": "400",
    }


def _remembered(folder: Path, memory: Path) -> Choice | None:
    if not memory.exists():
        return None
    record = json.loads(memory.read_text(encoding="utf-8"))
    choice = Choice(record["kind"], record["version"], record["why"])
    if choice.kind == "stand-in":
        return choice
    installed = _package(folder, HOSTS[0], "databricks", choice.version).exists()
    return choice if installed and Version(choice.version) >= ASKS_THE_HOST else None


def _install_real(folder: Path) -> Choice:
    """Let Terraform install the provider in a scratch folder, and keep what it got."""
    terraform = shutil.which("terraform") or shutil.which("tofu")
    if terraform is None:
        return Choice("stand-in", schemas.version(), "neither terraform nor tofu is on the PATH")
    source = SOURCES["databricks"]
    oldest = Version(schemas.version())  # the stacks take what came after the bindings' version, too
    wanted = {"databricks": {"source": source, "version": f"~> {oldest.major}.{oldest.minor}"}}
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": wanted}}))
        impatient = {"TF_REGISTRY_DISCOVERY_RETRY": "0", "TF_REGISTRY_CLIENT_TIMEOUT": "5", "TF_IN_AUTOMATION": "1"}
        try:
            done = subprocess.run(
                [terraform, "init", "-backend=false", "-input=false", "-no-color"],
                cwd=scratch, env={**os.environ, **impatient}, timeout=REGISTRY_SECONDS,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Choice("stand-in", schemas.version(), f"the registry did not answer in {REGISTRY_SECONDS} s")
        installed = sorted(Path(scratch, ".terraform", "providers").glob(f"*/{source}/*/*"))
        if done.returncode or not installed:
            return Choice("stand-in", schemas.version(), f"the registry is out of reach: {_reason(done.stderr)}")
        version = installed[-1].parent.name
        if Version(version) < ASKS_THE_HOST:
            why = f"the registry has {version}, which may know accounts by their names alone; {ASKS_THE_HOST} is needed"
            return Choice("stand-in", schemas.version(), why)
        for host in HOSTS:
            target = _package(folder, host, "databricks", version)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(installed[-1].resolve(), target)
    return Choice("real", version, "the registry has it")


def _reason(errors: str) -> str:
    """The error's sentences, without the warnings and the frame around them."""
    error = errors.rpartition("Error: ")[2]
    return " ".join(line.strip("│╷╵ ") for line in error.splitlines() if line.strip("│╷╵ "))[:300]


def _keep_only(folder: Path, version: str) -> None:
    """Remove what earlier choices left: of several versions in the mirror Terraform takes the newest."""
    for host in HOSTS:
        for other in (folder / "plugins" / host / SOURCES["databricks"]).iterdir():
            if other.name != version:
                shutil.rmtree(other)


def _install_stand_in(folder: Path, family: str) -> None:
    """An executable that starts the stand-in with this checkout's interpreter, whatever Terraform's working folder is.

    Terraform starts a provider four times in a deployment.
    """
    version = schemas.version(family)
    script = (
        "#!/bin/sh\n"
        f"export PYTHONPATH='{CHECKOUT}'\n"
        f"export {CACHE_VARIABLE}='{folder}'\n"
        f"python='{sys.executable}'\n"
        f'exec "$python" -I -S \'{forked_python.__file__}\' "$python" rehearsal.provider serve {family}\n'
    )
    for host in HOSTS:
        executable = _package(folder, host, family, version) / f"terraform-provider-{family}_v{version}"
        if _write(executable, script):
            _forget_checksums()
        executable.chmod(0o755)


def _forget_checksums() -> None:
    """Let Terraform note anew with which providers this checkout's stacks are deployed: it takes no others."""
    for noted in (CHECKOUT / "cdktf.out" / "stacks").glob("*/.terraform.lock.hcl"):
        noted.unlink()


def _cli_configuration(folder: Path) -> str:
    addresses = json.dumps([f"{host}/{source}" for host in HOSTS for source in SOURCES.values()])
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(folder / 'plugins'))}\n"
        f"    include = {addresses}\n"
        "  }\n"
        "  direct {\n"
        f"    exclude = {addresses}\n"
        "  }\n"
        "}\n"
    )


def _package(folder: Path, host: str, family: str, version: str) -> Path:
    machine = f"{platform.system().lower()}_{MACHINES[platform.machine().lower()]}"
    return folder / "plugins" / host / SOURCES[family] / version / machine


def _write(path: Path, text: str) -> bool:
    """Write only what differs: Terraform's lock file holds a checksum of the package. Was there another text before?"""
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return before not in {None, text}


def main(arguments: list[str]) -> None:
    """`install --home HOME`."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.provider", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("install", help="install the real providers, or stand-ins when they are out of reach")
    command.add_argument("--home", type=Path, default=Path(".understudy"), help="folder of the rehearsal's state")
    command.add_argument("--ask-again", action="store_true", help="try the registry again, whatever was chosen before")
    command.add_argument("--stand-in", action="store_true", help="do not ask the registry")
    options = parser.parse_args(arguments)
    choice = install(options.home, ask_again=options.ask_again or options.stand_in, real=not options.stand_in)
    sys.stdout.write(f"Databricks provider {choice.version}: {choice.kind} ({choice.why})\n")
    sys.stdout.write(f"Azure provider {schemas.version('azurerm')}: stand-in (the local Azure speaks plain http)\n")
