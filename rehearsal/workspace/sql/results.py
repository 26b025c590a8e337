"""A data frame as the API's inline result: a manifest, and rows of strings."""

from __future__ import annotations

import datetime
import json
from typing import Any

from databricks.sdk.service.sql import (
    BaseChunkInfo,
    ColumnInfo,
    ColumnInfoTypeName,
    Format,
    ResultData,
    ResultManifest,
    ResultSchema,
    StatementResponse,
    StatementState,
    StatementStatus,
)
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from rehearsal.workspace.store import Body

_NAMES: dict[type[T.DataType], ColumnInfoTypeName] = {
    T.ArrayType: ColumnInfoTypeName.ARRAY,
    T.BinaryType: ColumnInfoTypeName.BINARY,
    T.BooleanType: ColumnInfoTypeName.BOOLEAN,
    T.ByteType: ColumnInfoTypeName.BYTE,
    T.DateType: ColumnInfoTypeName.DATE,
    T.DecimalType: ColumnInfoTypeName.DECIMAL,
    T.DoubleType: ColumnInfoTypeName.DOUBLE,
    T.FloatType: ColumnInfoTypeName.FLOAT,
    T.IntegerType: ColumnInfoTypeName.INT,
    T.LongType: ColumnInfoTypeName.LONG,
    T.MapType: ColumnInfoTypeName.MAP,
    T.NullType: ColumnInfoTypeName.NULL,
    T.ShortType: ColumnInfoTypeName.SHORT,
    T.StringType: ColumnInfoTypeName.STRING,
    T.StructType: ColumnInfoTypeName.STRUCT,
    T.TimestampType: ColumnInfoTypeName.TIMESTAMP,
}


def succeeded(statement_id: str, frame: DataFrame) -> Body:
    """The answer to a statement that has run. Commands answer with no columns and no rows."""
    columns = [_column(position, field) for position, field in enumerate(frame.schema.fields)]
    rows = [[_text(value) for value in row] for row in frame.collect()] if columns else []
    manifest = ResultManifest(
        format=Format.JSON_ARRAY,
        schema=ResultSchema(column_count=len(columns), columns=columns),
        total_chunk_count=1 if rows else 0,
        total_row_count=len(rows),
        truncated=False,
        chunks=[BaseChunkInfo(chunk_index=0, row_offset=0, row_count=len(rows))] if rows else [],
    )
    result = ResultData(chunk_index=0, row_offset=0, row_count=len(rows), data_array=rows) if rows else ResultData()
    status = StatementStatus(state=StatementState.SUCCEEDED)
    return StatementResponse(statement_id=statement_id, status=status, manifest=manifest, result=result).as_dict()


def _column(position: int, field: T.StructField) -> ColumnInfo:
    kind = field.dataType
    decimal = isinstance(kind, T.DecimalType)
    return ColumnInfo(
        name=field.name,
        position=position,
        type_text=kind.simpleString().upper(),
        type_name=_NAMES.get(type(kind), ColumnInfoTypeName.USER_DEFINED_TYPE),
        type_precision=kind.precision if decimal else None,
        type_scale=kind.scale if decimal else None,
    )


def _text(value: Any) -> Any:
    """Every value is a string in JSON_ARRAY; NULL is null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, (list, dict, tuple)):
        plain = value.asDict(recursive=True) if isinstance(value, T.Row) else value
        return json.dumps(plain, default=_text)
    return str(value)
