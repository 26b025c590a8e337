"""The load test's own sums."""

from __future__ import annotations

from collections import Counter

import pytest

from delivery.errors import DeliveryError
from delivery.integration.load import Answers, Load, require


def test_percentiles() -> None:
    answers = Answers(Counter({200: 20}), [float(n) for n in range(1, 21)], 2.0)
    assert (answers.percentile(0.5), answers.percentile(0.95)) == (10.0, 19.0)
    require("e", answers, Load(most_p95_ms=19.0))
    with pytest.raises(DeliveryError, match="95 % within 18 ms"):
        require("e", answers, Load(most_p95_ms=18.0))


def test_one_request_without_an_answer_is_too_many() -> None:
    with pytest.raises(DeliveryError, match="500: 1"):
        require("e", Answers(Counter({200: 19, 500: 1}), [1.0] * 20, 1.0), Load())
