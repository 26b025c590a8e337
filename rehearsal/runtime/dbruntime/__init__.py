"""What Databricks Runtime offers to code under this name; `databricks.sdk.runtime` imports it where it is.

The SDK asks for the namespace's objects once, when it is imported. Those that need Spark are made when they are first
named (a session takes a second, and not every task has use for one), by a module-level `__getattr__` that the SDK's
module is given; what is handed out then are the real objects, no proxies.
"""

from __future__ import annotations

import sys
from typing import Any

from dbruntime.utilities import DBUtils

_OF_SPARK = ("spark", "sc", "sqlContext", "sql", "table")
_SDK_MODULE = "databricks.sdk.runtime"


class UserNamespaceInitializer:
    """Makes what a notebook finds in its namespace."""

    _instance: UserNamespaceInitializer | None = None

    @classmethod
    def getOrCreate(cls) -> UserNamespaceInitializer:
        """The only one."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def get_namespace_globals(self) -> dict[str, Any]:
        """The objects that exist without Spark; the others follow when they are named."""
        from pyspark.sql.functions import udf

        sdk_module = sys.modules.get(_SDK_MODULE)
        if sdk_module is not None:
            sdk_module.__getattr__ = _of_spark  # type: ignore[method-assign]
        utilities = DBUtils()
        return {
            "dbutils": utilities,
            "udf": udf,
            "display": display,
            "displayHTML": display,
            "getArgument": utilities.widgets.getArgument,
        }


def display(value: Any = None, *_: Any, **__: Any) -> None:
    """Print a data frame's first rows, or the value: a task has a log and no page."""
    if hasattr(value, "show"):
        value.show()
    else:
        print(value)  # noqa: T201


def _of_spark(name: str) -> Any:
    """Module `__getattr__` of databricks.sdk.runtime."""
    if name not in _OF_SPARK:
        raise AttributeError(f"module '{_SDK_MODULE}' has no attribute '{name}'")
    from pyspark.sql import SparkSession

    # SPARK_REMOTE of the task's environment says where and as whom.
    spark = SparkSession.builder.getOrCreate()
    if name in ("sc", "sqlContext"):
        raise RuntimeError(f"'{name}' is not supported on serverless compute: use spark (a SparkSession).")
    values = {"spark": spark, "sql": spark.sql, "table": spark.table}
    vars(sys.modules[_SDK_MODULE]).update(values)
    return values[name]
