"""The inference log: every prediction that was made, by whatever way, with the truth once it is known.

Terraform makes the table, the monitoring job writes it, the model's monitor watches it.
"""

from __future__ import annotations

from environments.contracts import Column, TableContract
from environments.model import PREDICTED, SCORED_AT, Model
from environments.monitoring import IDENTIFIER, LOG_SOURCE

SOURCE = LOG_SOURCE
ID, REQUEST_ID, LATENCY = "prediction_id", "request_id", "latency_ms"
BATCH, STREAM, ENDPOINT = "batch", "stream", "endpoint"


def sliced_by(model: Model) -> list[str]:
    """Columns of the label table by which the monitor splits its metrics, and which the log has for that."""
    of_the_log = {*model.predictions.columns, SOURCE, model.label}
    return [text for text in model.monitoring.slices if IDENTIFIER.fullmatch(text) and text not in of_the_log]


def inference_log(model: Model) -> TableContract:
    """The contract of the model's log: the columns of its predictions, and what is known of each besides.

    The label has the type of its prediction, as the monitor compares them.
    """
    label_table = model.sources.tables[model.label_table].columns
    truth = Column(type=model.predictions.columns[f"{PREDICTED}{model.label}"].type, comment="null until it is known")
    columns = {
        ID: Column(type="string", nullable=False, comment="source, and request and record, or version and entity"),
        SOURCE: Column(type="string", nullable=False, comment="by which way it was made, such as batch or endpoint"),
        REQUEST_ID: Column(type="string", comment="the endpoint's own, of the request that asked for it"),
        **{name: column.model_copy(update={"nullable": True}) for name, column in model.predictions.columns.items()},
        **{name: Column(type=label_table[name].type, comment=label_table[name].comment) for name in sliced_by(model)},
        LATENCY: Column(type="double", comment="milliseconds until the endpoint had answered the request"),
        model.label: truth,
    }
    comment = "Every prediction that was made, with the truth once it is known"
    return TableContract(comment=comment, primary_key=[ID], time_key=SCORED_AT, columns=columns)
