"""Checks the synthesized stacks against checkov's policies and our own: `make policy`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from environments.mistakes import exit_on_mistakes
from infra.policies.findings import PolicyError, read_suppressions, scan, unaccepted, unused


@exit_on_mistakes()
def main() -> int:
    """Tell what is wrong, a line each; 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m infra.policies", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the synthesized stacks, such as cdktf.out")
    parser.add_argument("--checkov", type=Path, required=True, help="its program; it is installed apart")
    arguments = parser.parse_args()
    suppressions = read_suppressions()
    try:
        findings, passed = scan(arguments.checkov.absolute(), arguments.folder.absolute())
    except PolicyError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = [str(finding) for finding in unaccepted(findings, suppressions)]
    wrong += [f"{stack}: suppression of {check} hides nothing" for check, stack in unused(findings, suppressions)]
    for line in wrong:
        print(line)
    accepted = len(findings) - len(unaccepted(findings, suppressions))
    print(f"{len(passed)} policies hold; {accepted} findings are accepted; {len(wrong)} are not", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
