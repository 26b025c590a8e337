"""Takes local paths out of what goes back to a client: a table's folder becomes its name, any other a cloud URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow
from google.rpc import error_details_pb2, status_pb2
from pyspark.sql.connect.proto import base_pb2

from rehearsal.workspace.context import Platform
from rehearsal.workspace.unity_catalog import storage


class Messages:
    """Rewrites texts of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        folder = re.escape(str(storage.root(platform)))
        self._path = re.compile(rf"(?:`?delta`?\.)?`?(?:file:/*(?=/))?({folder}(?:/[\w.-]+)*)`?")
        self._home = str(platform.home)

    def scrub(self, text: str) -> str:
        """The text without paths of this machine."""
        if self._home not in text:
            return text
        known = self._tables()

        def shown(match: re.Match[str]) -> str:
            path = match[1]
            return str(known.get(path) or storage.public_location(Path(path)))

        return self._path.sub(shown, text).replace(self._home, "dbfs:")

    def rows(self, packed: bytes) -> bytes:
        """An Arrow stream without paths; tables' folders become cloud URLs."""
        table = pyarrow.ipc.open_stream(packed).read_all()
        known = self._tables()
        values = {name: [self._shown(value, known) for value in table[name].to_pylist()] for name in table.column_names}
        if {"name", "location", "format"} <= values.keys():  # DESCRIBE DETAIL
            values["name"] = [known.get(urlsplit(path).path) for path in table["location"].to_pylist()]
        columns = [pyarrow.array(values[field.name], field.type) for field in table.schema]
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(pyarrow.table(columns, schema=table.schema))
        return bytes(sink.getvalue().to_pybytes())

    def _tables(self) -> dict[str, str]:
        """Full names of tables by their folders."""
        with self._platform.store.transaction() as tx:
            return {str(body.get("storage_location")): str(body["full_name"]) for body in tx.list("uc_table")}

    def _shown(self, value: Any, known: dict[str, str]) -> Any:
        if isinstance(value, str):
            return self._path.sub(lambda match: self._place(match, known), value).replace(self._home, "dbfs:")
        if isinstance(value, list):
            return [self._shown(item, known) for item in value]
        if isinstance(value, tuple):  # an entry of a map
            return tuple(self._shown(item, known) for item in value)
        return {key: self._shown(item, known) for key, item in value.items()} if isinstance(value, dict) else value

    @staticmethod
    def _place(match: re.Match[str], known: dict[str, str]) -> str:
        """A table's name where its folder stands for it, else the folder's URL."""
        name = known.get(match[1]) if "delta" in match[0][: match.start(1) - match.start()].lower() else None
        return name or str(storage.public_location(Path(match[1])))

    def status(self, packed: bytes) -> bytes:
        """A google.rpc.Status as Spark sends it, without paths."""
        status = status_pb2.Status.FromString(packed)
        status.message = self.scrub(status.message)
        for detail in status.details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                info = error_details_pb2.ErrorInfo()
                detail.Unpack(info)
                for key in list(info.metadata):
                    info.metadata[key] = self.scrub(info.metadata[key])
                detail.Pack(info)
        return bytes(status.SerializeToString())

    def error_details(self, packed: bytes) -> bytes:
        """A FetchErrorDetailsResponse without paths."""
        response = base_pb2.FetchErrorDetailsResponse.FromString(packed)
        for error in response.errors:
            error.message = self.scrub(error.message)
            for key in list(error.spark_throwable.message_parameters):
                parameters = error.spark_throwable.message_parameters
                parameters[key] = self.scrub(parameters[key])
            for context in error.spark_throwable.query_contexts:
                context.fragment = self.scrub(context.fragment)
                context.summary = self.scrub(context.summary)
        return bytes(response.SerializeToString())

    def settings(self, packed: bytes) -> bytes:
        """A ConfigResponse without paths."""
        if self._home.encode() not in packed:
            return packed
        response = base_pb2.ConfigResponse.FromString(packed)
        for pair in response.pairs:
            pair.value = self.scrub(pair.value)
        return bytes(response.SerializeToString())

    def analysis(self, packed: bytes) -> bytes:
        """An AnalyzePlanResponse without paths: explain and tree strings show where a scan reads."""
        response = base_pb2.AnalyzePlanResponse.FromString(packed)
        if response.HasField("explain"):
            response.explain.explain_string = self.scrub(response.explain.explain_string)
        elif response.HasField("tree_string"):
            response.tree_string.tree_string = self.scrub(response.tree_string.tree_string)
        return bytes(response.SerializeToString())
