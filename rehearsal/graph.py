"""Draws what depends on what: places boxes in layers and curves between them. For runs of tasks, and for lineage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

BOX_WIDTH, BOX_HEIGHT = 168, 54
_GAP_X, _GAP_Y, _MARGIN = 56, 22, 6


class Node(Protocol):
    """What is drawn as a box: it comes after those whose keys it names."""

    @property
    def key(self) -> str:
        """Its name, unlike all others'."""

    @property
    def depends_on(self) -> Sequence[str]:
        """Keys of those before it."""


N = TypeVar("N", bound=Node)


@dataclass(frozen=True)
class Box(Generic[N]):
    """A node at its place."""

    node: N
    x: int
    y: int


@dataclass(frozen=True)
class Graph(Generic[N]):
    """A drawing: its size, boxes, and the paths of its edges (SVG path data)."""

    width: int
    height: int
    boxes: list[Box[N]]
    edges: list[str]


def layout(nodes: Sequence[N], box_width: int = BOX_WIDTH) -> Graph[N]:
    """Place each node one column right of the last node that it comes after."""
    columns: dict[int, list[N]] = {}
    levels = _levels(nodes)
    for node in nodes:
        columns.setdefault(levels[node.key], []).append(node)
    tallest = max((len(column) for column in columns.values()), default=0)
    height = 2 * _MARGIN + tallest * BOX_HEIGHT + max(0, tallest - 1) * _GAP_Y
    boxes: dict[str, Box[N]] = {}
    for level in sorted(columns):
        column = sorted(columns[level], key=lambda node: _middle(node, boxes))
        used = len(column) * BOX_HEIGHT + (len(column) - 1) * _GAP_Y
        top = (height - used) // 2
        for row, node in enumerate(column):
            x, y = _MARGIN + level * (box_width + _GAP_X), top + row * (BOX_HEIGHT + _GAP_Y)
            boxes[node.key] = Box(node, x, y)
    edges = [
        _edge(boxes[before], boxes[node.key], box_width)
        for node in nodes
        for before in node.depends_on
        if before in boxes
    ]
    width = 2 * _MARGIN + len(columns) * box_width + max(0, len(columns) - 1) * _GAP_X
    return Graph(width, height, [boxes[node.key] for node in nodes], edges)


def _middle(node: Node, boxes: dict[str, Box[N]]) -> float:
    """Height of what the node comes after: nodes in this order have curves that cross less."""
    heights = [boxes[key].y for key in node.depends_on if key in boxes]
    return sum(heights) / len(heights) if heights else 0


def _levels(nodes: Sequence[Node]) -> dict[str, int]:
    """Longest way to each node from one that comes after nothing; as many rounds as nodes, so a cycle ends too."""
    levels = {node.key: 0 for node in nodes}
    for _ in nodes:
        for node in nodes:
            before = [levels[key] + 1 for key in node.depends_on if key in levels]
            levels[node.key] = min(max(before, default=0), len(nodes) - 1)
    used = {level: place for place, level in enumerate(sorted(set(levels.values())))}
    return {key: used[level] for key, level in levels.items()}


def _edge(before: Box[N], after: Box[N], box_width: int) -> str:
    x1, y1 = before.x + box_width, before.y + BOX_HEIGHT // 2
    x2, y2 = after.x - 7, after.y + BOX_HEIGHT // 2
    bend = max(18, (x2 - x1) // 2)
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
