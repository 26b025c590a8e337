"""One served entity's process: loads a model with `mlflow.pyfunc` and answers scoring requests over loopback HTTP.

Run as `python -m rehearsal.workspace.serving.model_server --model FOLDER --status FILE`. The status file says when it
is ready (`{"port": ...}`) or why it cannot be (`{"error": ...}`). Each request must carry the key that the
environment variable MODEL_SERVER_KEY held at the start, so that only the workspace, which checks permissions, gets in.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from mlflow.pyfunc import PyFuncModel, load_model

from rehearsal.workspace.serving.protocol import KEY_HEADER, KEY_VARIABLE
from rehearsal.workspace.serving.scoring import score


def create_app(model: PyFuncModel, key: str, server: list[uvicorn.Server]) -> FastAPI:
    """The process's HTTP interface: /ping, /invocations, /shutdown."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def check_key(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, ""), key):
            return Response(status_code=401)
        return await call_next(request)

    @app.get("/ping")
    def ping() -> dict[str, int]:
        return {"pid": os.getpid()}

    @app.post("/invocations")
    async def invocations(request: Request) -> Response:
        body = await request.body()
        answer = await run_in_threadpool(score, model, body, request.headers.get("content-type", "application/json"))
        return Response(answer.body, answer.status, media_type="application/json")

    @app.post("/shutdown")
    def shutdown() -> dict[str, int]:
        server[0].should_exit = True
        return {"pid": os.getpid()}

    return app


def main(argv: list[str] | None = None) -> None:
    """Load, tell where, serve until told to stop or until the parent is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--status", type=Path, required=True)
    arguments = parser.parse_args(argv)
    key = os.environ.pop(KEY_VARIABLE)
    _end_with_parent()
    try:
        model = load_model(str(arguments.model))
    except BaseException as error:
        _tell(arguments.status, {"error": f"{type(error).__name__}: {error}"})
        raise
    server: list[uvicorn.Server] = []
    config = uvicorn.Config(create_app(model, key, server), log_level="info", access_log=False)
    server.append(uvicorn.Server(config))
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        _tell(arguments.status, {"port": listener.getsockname()[1]})
        server[0].run(sockets=[listener])


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
