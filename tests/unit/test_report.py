"""The report shows all that it is given, escapes it, and needs nothing from outside."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rehearsal.graph import layout
from rehearsal.play.report import render, write
from rehearsal.play.report.model import (
    Approval,
    Attempt,
    Deployment,
    EndpointCall,
    InputTable,
    ModelCard,
    Picture,
    Rehearsal,
    Resource,
    Run,
    Step,
    TableHead,
    Task,
)
from rehearsal.play.report.profile import Share, profile
from rehearsal.play.report.promotion import Comparison, Interval, Rollout, RolloutStep, Side
from tests.unit.html_page import HOSTILE, Page

CARD = """# Card of {text}

| metric | value |
| --- | --- |
| auc | **0.81234** |

[{text}](https://example.com) ![{text}](https://example.com/x.png) <https://example.com>
<b onclick="x">{text}</b>
"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)


def example(text: str = "plain") -> Rehearsal:
    """A report with every part filled; `text` stands wherever text comes from outside."""
    return Rehearsal(
        started=datetime(2013, 4, 1, 6, 0, tzinfo=UTC),
        seconds=118.2,
        commit=text,
        wheel_digest=text,
        provider="stand-in",
        title=text,
        versions={text: text},
        steps=[Step("Deploy staging", 0, 20.5), Step(text, 20.5, 97.7, ok=False, note=text)],
        deployments=[Deployment(text, [Resource("databricks_job", text, text), Resource("databricks_grants", "g")], 9)],
        runs=[
            Run(
                text,
                7,
                "staging",
                "FAILED",
                [
                    Task("train", "SUCCESS", 12.0),
                    Task("validate", "FAILED", 3.0, ["train"], error=text),
                    Task("deploy", "UPSTREAM_FAILED", None, ["validate"]),
                ],
                15.0,
                run_as=text,
                note=text,
            )
        ],
        approvals=[Approval("prod", text, 3, text, text, text, datetime(2013, 4, 1, 6, 2, tzinfo=UTC))],
        models=[
            ModelCard(
                "staging",
                text,
                3,
                aliases=[text],
                tags={text: text},
                params={text: text, "rounds": 200},
                metrics={text: 0.7431},
                inputs=[InputTable(text, 4, 12345)],
                validation=text,
                promotion=text,
                pictures=[Picture(text, PIXEL)],
                card_markdown=CARD.format(text=text),
                run_id=text,
                code_version=text,
            )
        ],
        comparisons=[
            Comparison(
                "prod",
                text,
                "4",
                "3",
                text,
                metrics={text: (0.7, 0.75), "alone": (None, 0.1)},
                gain=Interval(0.05, 0.021, 0.08),
                promoted=True,
                reason=text,
                picture_png=PIXEL,
                run_id=text,
            )
        ],
        rollouts=[
            Rollout(
                "prod",
                text,
                "4",
                "3",
                text,
                "ROLLED_BACK",
                text,
                [
                    RolloutStep(10, text, Side(90, 0.0, 0, None), Side(10, 0.1, 0, None), None, text, text),
                    RolloutStep(
                        50,
                        text,
                        Side(1234, 0.0, 900, 0.7),
                        Side(1200, 0.5, 880, 0.4),
                        Interval(-0.3, -0.4, -0.2),
                        "roll back",
                        text,
                        PIXEL,
                    ),
                ],
            )
        ],
        calls=[EndpointCall("staging", text, {"inputs": [text]}, {"predictions": [0.25]}, 200, 12.3, text)],
        tables=[TableHead("staging", text, [text, "p"], [[text, 0.123456], [None, True]], 1000, 2)],
        attempts=[
            Attempt(text, text, "SQL", "refused", "refused", text),
            Attempt(text, "w", "Files", "refused", "allowed"),
        ],
    )


def test_every_section_shows_what_it_is_given() -> None:
    page = Page(render(example()))
    sections = {
        "steps",
        "deployed",
        "runs",
        "approvals",
        "models",
        "comparison",
        "rollout",
        "endpoint",
        "predictions",
        "access",
    }
    assert sections <= page.ids
    for expected in (
        "Deploy staging",
        "1 min 58 s",
        "databricks_job × 1",
        "UPSTREAM_FAILED",
        "12,345",
        "0.7431",
        "0.1235",
        "0.81234",
        "(0.021 to 0.08)",
        "ROLLED_BACK",
        "50.0 %",
        "1 April 2013, 06:02:00 UTC",
    ):
        assert expected in page.text
    assert "svg" in page.tags
    assert "did not get this far" not in page.text


def test_nothing_is_loaded_from_outside_and_links_lead_somewhere() -> None:
    page = Page(render(example()))
    assert page.addresses
    for address in page.addresses:
        assert address.startswith("data:image/png;base64,") or address[1:] in page.ids
    assert "script" not in page.tags
    assert "link" not in page.tags


def test_hostile_text_is_shown_as_text() -> None:
    html = render(example(HOSTILE))
    page = Page(html)
    assert "<script" not in html
    assert "script" not in page.tags
    assert page.tags == Page(render(example("plain"))).tags
    assert page.text.count("alert(") >= 20


def test_a_rehearsal_that_stopped_early_says_so() -> None:
    stopped = Rehearsal(datetime(2013, 1, 1, tzinfo=UTC), 1.0, "c", "w", "real", error="No Java found")
    page = Page(render(stopped))
    assert "No Java found" in page.text
    assert "Something went wrong" in page.text
    assert page.text.count("did not get this far") == 9
    assert "No job has asked anybody" in page.text


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, True),
        ({"steps": [Step("s", 0, 1, ok=False)]}, False),
        ({"attempts": [Attempt("a", "b", "SQL", "refused", "allowed")]}, False),
        ({"runs": [Run("j", 1, "dev", "FAILED", [])]}, False),
        ({"error": "stopped"}, False),
    ],
)
def test_verdict(changes: dict[str, object], ok: bool) -> None:
    values: dict[str, object] = {"seconds": 1.0, "commit": "c", "wheel_digest": "w", "provider": "real", **changes}
    assert Rehearsal(started=datetime(2013, 1, 1, tzinfo=UTC), **values).ok is ok  # type: ignore[arg-type]


def test_tasks_are_right_of_what_they_wait_for() -> None:
    tasks = [Task("d", "S", depends_on=["b", "c"]), Task("a", "S"), Task("b", "S", depends_on=["a"]), Task("c", "S")]
    drawing = layout(tasks)
    places = {placed.node.key: placed for placed in drawing.boxes}
    assert places["a"].x < places["b"].x < places["d"].x
    assert places["a"].x == places["c"].x and places["a"].y != places["c"].y
    assert len(drawing.edges) == 3


def test_write_replaces_the_page_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "report.html"
    write(example(), path)
    write(example("second"), path)
    assert "second" in path.read_text(encoding="utf-8")
    assert [found.name for found in path.parent.iterdir()] == ["report.html"]


def test_the_profile_counts_terraform_tasks_and_the_rest_each_once() -> None:
    tasks = [Task("train", "SUCCESS", 12.0), Task("validate", "SUCCESS", 3.0), Task("deploy", "EXCLUDED")]
    runs = [Run("training", number, "prod", "SUCCESS", tasks, 15.0) for number in (1, 2)]
    steps = [Step("cdktf deploy account", 0, 20.5), Step("run job training", 20.5, 16), Step("access check", 37, 4)]
    rehearsal = Rehearsal(
        started=datetime(2013, 4, 1, tzinfo=UTC),
        seconds=41,
        commit="",
        wheel_digest="",
        provider="",
        steps=steps,
        runs=runs,
    )
    assert profile(rehearsal) == [
        Share("task train", 2, 24.0),
        Share("Terraform, by cdktf deploy", 1, 20.5),
        Share("task validate", 2, 6.0),
        Share("people, callers and servers", 1, 4),
    ]
