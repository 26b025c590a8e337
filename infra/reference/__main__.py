"""Writes the generated pages of docs/reference: `make docs`."""

from __future__ import annotations

from environments.consistency import load_all
from environments.mistakes import exit_on_mistakes
from infra.reference.pages import FOLDER, pages
from infra.wheel import find_wheel


@exit_on_mistakes()
def main() -> None:
    """Write them all; a page that is no longer made goes."""
    made = pages(load_all(), find_wheel(FOLDER.parents[1] / "dist"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.glob("*.md"):
        if file.name not in made:
            file.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text)
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
