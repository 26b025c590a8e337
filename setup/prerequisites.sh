#!/bin/sh
# Names every missing prerequisite, with the way to get it, before anything else happens.
# Prints the interpreter to use on standard output when all is there; exits 1 otherwise.
missing=0
need() { # name, found, how to get it
    printf 'missing: %s\n  found:  %s\n  get it: %s\n' "$1" "$2" "$3" >&2
    missing=1
}

python=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    need "Python 3.11 or newer" "$(python3 --version 2>/dev/null || echo none)" "https://www.python.org/downloads/"
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    need "Python's venv module" "$python without it" "install your system's python3-venv package"
fi

command -v git >/dev/null 2>&1 || need "git" "none" "https://git-scm.com/downloads"

java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
[ "${version:-0}" -ge 17 ] || need "Java 17 or newer" "${version:-none} (${java})" "https://adoptium.net/"

if ! command -v terraform >/dev/null 2>&1 && ! command -v tofu >/dev/null 2>&1; then
    need "Terraform or OpenTofu" "none" "https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install/"
fi

[ "$missing" -eq 0 ] || exit 1
printf '%s\n' "$python"
