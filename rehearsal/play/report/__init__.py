"""The rehearsal's report: one self-contained HTML page, drawn from a tree of dataclasses."""
