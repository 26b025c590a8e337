"""What the reports' pages share: their frame, style and wording, and how they are drawn and written."""

from rehearsal.play.pages.page import draw, write

__all__ = ["draw", "write"]
