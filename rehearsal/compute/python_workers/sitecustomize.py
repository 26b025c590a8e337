"""Runs first in every Python process that Spark starts, whose search path has this folder in front.

The function of a `foreachBatch` opens a session of its own. Spark tells it the server's address and the session's user,
which the gateway has made of workspace and principal; here that becomes the address of the workspace's gateway, so that
grants hold within the function as outside. The server's own token is taken out of the environment.
"""

from __future__ import annotations

import os

os.environ.pop("SPARK_CONNECT_AUTHENTICATE_TOKEN", None)
_server, _, _login = os.environ.get("SPARK_CONNECT_LOCAL_URL", "").partition(";user_id=")
if _login:
    _user, _, _token = _login.partition(";token=")
    _workspace, _, _principal = _user.partition(":")
    _ports = dict(pair.split("=") for pair in os.environ["UNDERSTUDY_GATEWAYS"].split(","))
    os.environ["SPARK_CONNECT_LOCAL_URL"] = f"sc://localhost:{_ports[_workspace]}/;token={_token}:{_principal}"
