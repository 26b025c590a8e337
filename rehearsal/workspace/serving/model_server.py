"""One served entity's process: loads a model with `mlflow.pyfunc` and answers scoring requests of the workspace alone.

Run as `python -m rehearsal.workspace.serving.model_server --model FOLDER --status FILE`. The status file says when it
is ready (`{"port": ...}`) or why it cannot be (`{"error": ...}`). A thread reads, scores and answers each connection:
nothing is handed from one thread to another, which would cost more than a small model's prediction does.
"""

from __future__ import annotations

import argparse
import hmac
import json
import logging
import os
import socket
import threading
import time
from pathlib import Path
from typing import IO

import mlflow.pyfunc
from mlflow.pyfunc import PyFuncModel
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from rehearsal.workspace.serving import feature_handover, wire
from rehearsal.workspace.serving.scoring import Scorer

log = logging.getLogger(__name__)
_BACKLOG = 512
_NATIVE_THREADS = "OMP_NUM_THREADS"  # a served entity may set it in its environment_vars


def main(argv: list[str] | None = None) -> None:
    """Load, tell where, serve until told to stop or until the parent is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--status", type=Path, required=True)
    arguments = parser.parse_args(argv)
    key = os.environ.pop(wire.KEY_VARIABLE)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    _end_with_parent()
    log.info("Started server process [%d]", os.getpid())
    try:
        scorer = Scorer(_load(arguments.model))
    except BaseException as error:
        _tell(arguments.status, {"error": f"{type(error).__name__}: {error}"})
        raise
    with socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listener:
        _tell(arguments.status, {"port": listener.getsockname()[1]})
        log.info("Model server startup complete")
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_converse, args=(connection, key, scorer), daemon=True).start()


def _load(folder: Path) -> PyFuncModel:
    """The model of a folder; one whose look-ups were handed over comes with them."""
    handed = os.environ.pop(feature_handover.VARIABLE, None)
    if handed is None:
        return mlflow.pyfunc.load_model(str(folder))
    from rehearsal.workspace.serving import feature_model  # imports a database client that few models have a use for

    return feature_model.load(folder, json.loads(handed))


def _converse(connection: socket.socket, key: str, scorer: Scorer) -> None:
    """Answer one connection's groups until it ends; one without the key is closed without a word."""
    # Requests at a time are this process's threads: a prediction that takes all processors for itself slows the others.
    threadpool_limits(int(os.environ.get(_NATIVE_THREADS, "1")))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as stream:
        try:
            if not hmac.compare_digest(stream.readline(len(key) + 1), key.encode() + b"\n"):
                return
            while group := _read_group(stream):
                if group[0].kind == wire.SHUTDOWN:
                    os._exit(0)
                if group[0].kind == wire.PING:
                    health = {"pid": os.getpid(), "takes_groups": scorer.rows_independent}
                    connection.sendall(wire.answer_frame(wire.Answer(200, json.dumps(health).encode())))
                    continue
                for answers in scorer.score([(request.body, request.content_type) for request in group]):
                    connection.sendall(b"".join(map(wire.answer_frame, answers)))
        except (ConnectionResetError, BrokenPipeError):
            log.info("the workspace left before it had its answer")


def _read_group(stream: IO[bytes]) -> list[wire.Request]:
    """The requests that came together; empty when the other side has ended the connection."""
    group: list[wire.Request] = []
    more = True
    while more:
        header = stream.read(wire.REQUEST.size)
        if len(header) < wire.REQUEST.size:
            return []
        kind, more, mime, length = wire.REQUEST.unpack(header)
        rest = stream.read(mime + length)
        if len(rest) < mime + length:
            return []
        group.append(wire.Request(kind, rest[:mime].decode("latin-1"), rest[mime:]))
    return group


def _tell(status: Path, body: dict[str, object]) -> None:
    """Write the status file at once, so that no reader sees half of it."""
    draft = status.with_suffix(".draft")
    draft.write_text(json.dumps(body))
    draft.replace(status)


def _end_with_parent() -> None:
    """Leave when the parent has died: a workspace that was killed must not leave models behind that nobody stops."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


if __name__ == "__main__":
    main()
