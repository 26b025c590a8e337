"""Where batch inference puts predictions besides their table: files, a table of PostgreSQL, the online store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from environments.strict import Name, Strict, Text

HostName = Annotated[str, Text("a host's name such as db.example.com", pattern=r"[A-Za-z0-9.-]+")]
User = Annotated[str, Text("a user's name without spaces", pattern=r"\S+")]
# The column that tells files of one day from those of another.
DAY = "day"


class FilesSink(Strict):
    """Files in a volume, a folder a day; a run writes the days of its window anew and leaves the others."""

    volume: Name = Field(description="volume in the model's schema; Terraform makes it")
    format: Literal["parquet", "csv"] = Field(default="parquet", description="format of the files")


class JdbcSink(Strict):
    """A table of the environment's PostgreSQL database (`jdbc`), merged by the primary key of the predictions."""

    table: Name = Field(description="its name; it is made with the columns of the predictions if it is not there")


class Sinks(Strict):
    """Where predictions go besides their table; each is a task of its own, after the scoring."""

    files: FilesSink | None = Field(default=None, description="files in a volume")
    jdbc: JdbcSink | None = Field(default=None, description="a table of PostgreSQL")
    online: bool = Field(default=False, description="is the table published to the online store, by its primary key")


class Jdbc(Strict):
    """The PostgreSQL database of those who use predictions, such as an Azure Database for PostgreSQL.

    It is reached by TLS, and lets in who has the password, which is a secret of the environment's scope.
    """

    host: HostName = Field(description="its server")
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None, description="the server's port, where it is not PostgreSQL's own"
    )
    database: Name = Field(description="name of the database")
    user: User = Field(description="who signs in: may write the tables, and make those that are not there")
    secret: Name = Field(description="key in the environment's scope of the user's password")
