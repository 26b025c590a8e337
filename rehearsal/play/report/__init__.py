"""The rehearsal's report: one self-contained HTML page, drawn from a tree of dataclasses."""

from rehearsal.play.report.render import render, write

__all__ = ["render", "write"]
