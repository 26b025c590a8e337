"""Draws a run's tasks and what they depend on: places boxes in layers and curves between them."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.play.report.model import Task

BOX_WIDTH, BOX_HEIGHT = 168, 54
_GAP_X, _GAP_Y, _MARGIN = 56, 22, 6


@dataclass(frozen=True)
class Box:
    """A task at its place."""

    task: Task
    x: int
    y: int


@dataclass(frozen=True)
class Graph:
    """A drawing: its size, boxes, and the paths of its edges (SVG path data)."""

    width: int
    height: int
    boxes: list[Box]
    edges: list[str]


def layout(tasks: list[Task]) -> Graph:
    """Place each task one column right of the last task that it waits for."""
    columns: dict[int, list[Task]] = {}
    levels = _levels(tasks)
    for task in tasks:
        columns.setdefault(levels[task.key], []).append(task)
    tallest = max((len(column) for column in columns.values()), default=0)
    height = 2 * _MARGIN + tallest * BOX_HEIGHT + max(0, tallest - 1) * _GAP_Y
    boxes = {}
    for level, column in columns.items():
        used = len(column) * BOX_HEIGHT + (len(column) - 1) * _GAP_Y
        top = (height - used) // 2
        for row, task in enumerate(column):
            boxes[task.key] = Box(task, _MARGIN + level * (BOX_WIDTH + _GAP_X), top + row * (BOX_HEIGHT + _GAP_Y))
    edges = [_edge(boxes[before], boxes[task.key]) for task in tasks for before in task.depends_on if before in boxes]
    width = 2 * _MARGIN + len(columns) * BOX_WIDTH + max(0, len(columns) - 1) * _GAP_X
    return Graph(width, height, list(boxes.values()), edges)


def _levels(tasks: list[Task]) -> dict[str, int]:
    """Longest way to each task from one that waits for nothing; as many rounds as tasks, so a cycle ends too."""
    levels = {task.key: 0 for task in tasks}
    for _ in tasks:
        for task in tasks:
            before = [levels[key] + 1 for key in task.depends_on if key in levels]
            levels[task.key] = min(max(before, default=0), len(tasks) - 1)
    used = {level: place for place, level in enumerate(sorted(set(levels.values())))}
    return {key: used[level] for key, level in levels.items()}


def _edge(before: Box, after: Box) -> str:
    x1, y1 = before.x + BOX_WIDTH, before.y + BOX_HEIGHT // 2
    x2, y2 = after.x - 7, after.y + BOX_HEIGHT // 2
    bend = max(18, (x2 - x1) // 2)
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
