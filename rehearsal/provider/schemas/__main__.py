"""Write the schemas again from the installed cdktf bindings: `python -m rehearsal.provider.schemas`."""

from __future__ import annotations

from rehearsal.provider import schemas
from rehearsal.provider.schemas import bindings


def main() -> None:
    """Write one JSON file per kind and say so."""
    for family, kinds in schemas.FAMILIES.items():
        library, folder = bindings.Library.installed(family), schemas.folder(family)
        folder.mkdir(exist_ok=True)
        (folder / "VERSION").write_text(library.version() + "\n", encoding="utf-8")
        for kind in (schemas.PROVIDER, *kinds):
            path = folder / f"{kind}.json"
            path.write_text(bindings.render(library.block(kind)), encoding="utf-8")
            print(f"{path.relative_to(schemas.FOLDER)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
