"""What a client is told when a plan is refused: Databricks' error classes, as Spark Connect transports them."""

from __future__ import annotations

import json

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from rehearsal.workspace.errors import DatabricksError

ANALYSIS = "org.apache.spark.sql.AnalysisException"
PARSE = "org.apache.spark.sql.catalyst.parser.ParseException"
UNAUTHORIZED = "com.databricks.sql.managedcatalog.acl.UnauthorizedAccessException"
STATUS_TRAILER = "grpc-status-details-bin"


class Refusal(Exception):
    """A request that Spark never gets to see."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        error_class: str = "",
        sql_state: str = "",
        java_class: str = ANALYSIS,
    ) -> None:
        text = f"[{error_class}] {message}" if error_class else message
        if sql_state:
            text += f" SQLSTATE: {sql_state}"
        super().__init__(text)
        self.code = code
        self.message = text
        self.error_class = error_class
        self.sql_state = sql_state
        self.java_class = java_class

    def details(self) -> bytes:
        """The google.rpc.Status from which pyspark makes its exception."""
        metadata = {"classes": json.dumps([self.java_class]), "messageParameters": "{}"}
        if self.error_class:
            metadata["errorClass"] = self.error_class
        if self.sql_state:
            metadata["sqlState"] = self.sql_state
        info = error_details_pb2.ErrorInfo(reason=self.java_class, domain="org.apache.spark", metadata=metadata)
        packed = any_pb2.Any()
        packed.Pack(info)
        status = status_pb2.Status(code=self.code.value[0], message=self.message, details=[packed])
        return bytes(status.SerializeToString())


def unauthenticated(message: str) -> Refusal:
    """No token, or one that is unknown or expired."""
    return Refusal(grpc.StatusCode.UNAUTHENTICATED, message, java_class=UNAUTHORIZED)


def insufficient(message: str) -> Refusal:
    """The principal lacks a privilege; `message` says which on what."""
    return Refusal(
        grpc.StatusCode.PERMISSION_DENIED,
        f"Insufficient privileges: {message}",
        "INSUFFICIENT_PERMISSIONS",
        "42501",
        UNAUTHORIZED,
    )


def forbidden(what: str) -> Refusal:
    """Something that compute with Unity Catalog lets nobody do."""
    return Refusal(
        grpc.StatusCode.PERMISSION_DENIED,
        f"{what} is not allowed on compute that enforces Unity Catalog.",
        "UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION",
        "0AKUC",
    )


def unsupported(what: str) -> Refusal:
    """Something that Databricks may do, and this compute does not."""
    return Refusal(
        grpc.StatusCode.UNIMPLEMENTED, f"{what} is not supported by this compute.", "UNSUPPORTED_FEATURE", "0A000"
    )


def unparsable(message: str) -> Refusal:
    """SQL text that cannot be read; what cannot be read cannot be checked."""
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, message, "PARSE_SYNTAX_ERROR", "42601", PARSE)


def table_not_found(name: str) -> Refusal:
    """No such table or view."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"The table or view {_quoted(name)} cannot be found. "
        "Verify the spelling and correctness of the schema and catalog.",
        "TABLE_OR_VIEW_NOT_FOUND",
        "42P01",
    )


def schema_not_found(name: str) -> Refusal:
    """No such schema."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"The schema {_quoted(name)} cannot be found. Verify the spelling and correctness of the schema and catalog.",
        "SCHEMA_NOT_FOUND",
        "42704",
    )


def not_a_table(name: str) -> Refusal:
    """A view where a table is wanted."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"{_quoted(name)} is a view, and a table is expected.",
        "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
        "42809",
    )


def not_a_view(name: str) -> Refusal:
    """A table where a view is wanted."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"{_quoted(name)} is a table, and a view is expected.",
        "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
        "42809",
    )


def recursive_view(name: str, through: tuple[str, ...]) -> Refusal:
    """A view that would read itself."""
    path = " -> ".join(_quoted(one) for one in (*through, name))
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"Recursive view {_quoted(name)} detected (cycle: {path}).",
        "RECURSIVE_VIEW",
        "42K0H",
    )


def temporary_in_view(name: str, view: str) -> Refusal:
    """A view of the catalog that reads a temporary one."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"Cannot create the persistent object {_quoted(view)} of the type VIEW because it references to the temporary "
        f"object {_quoted(name)} of the type VIEW.",
        "INVALID_TEMP_OBJ_REFERENCE",
        "42K0F",
    )


def table_exists(name: str) -> Refusal:
    """The name is taken."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f"Cannot create table or view {_quoted(name)} because it already exists. Choose a different name, drop or "
        "replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.",
        "TABLE_OR_VIEW_ALREADY_EXISTS",
        "42P07",
    )


def barred_by_firewall(url: str) -> Refusal:
    """A storage account that answers private endpoints alone, in the words of its client."""
    return Refusal(
        grpc.StatusCode.INTERNAL,
        f'Operation failed: "This request is not authorized to perform this operation.", 403, HEAD, {url}, '
        "AuthorizationFailure",
        java_class="org.apache.spark.SparkException",
    )


def from_catalog(error: DatabricksError, name: str) -> Refusal:
    """The catalog's refusal in Spark's words."""
    if error.status == 403:
        return insufficient(error.message)
    if error.error_code == "TABLE_DOES_NOT_EXIST":
        return table_not_found(name)
    if error.error_code == "TABLE_ALREADY_EXISTS":
        return table_exists(name)
    return Refusal(grpc.StatusCode.INTERNAL, error.message, error.error_code)


def _quoted(name: str) -> str:
    return ".".join(f"`{part}`" for part in name.split("."))
