"""From a pull request to prod: what GitHub Actions and Azure Pipelines call by `make`; their YAML has no logic.

`steps.py` is the list of what they call: a step runs a target and tells what became of it. A plan is told and
remembered (`plans.py`, `digest.py`, `plan_text.py`, `review.py`); the plan that people have read is the one that is
applied (`deploy.py`); all pipelines run together (`integration/`); a verdict is told to people (`verdict.py`).
"""
