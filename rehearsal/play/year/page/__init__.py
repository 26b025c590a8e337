"""The page of the year's report: one self-contained HTML page, drawn from a `YearReport`."""

from rehearsal.play.year.page.render import render, write

__all__ = ["render", "write"]
