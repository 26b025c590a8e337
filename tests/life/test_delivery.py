"""All stories of delivery, by the workflows' own files: `make rehearse-delivery`."""

from __future__ import annotations

from rehearsal.play.delivery.stories import STORIES
from tests.rehearsal.checkout import PORT_BASE, ROOT, make


def test_every_story_is_as_it_should_be() -> None:
    done = make(ROOT, "rehearse-delivery", f"PORT_BASE={PORT_BASE + 40}")
    assert done.returncode == 0, done.stdout[-6000:]
    assert f"{len(STORIES)} stories as they should be" in done.stdout
