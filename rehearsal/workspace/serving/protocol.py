"""What the workspace and a model server agree on: the key that lets only the workspace in."""

from __future__ import annotations

KEY_VARIABLE = "MODEL_SERVER_KEY"
KEY_HEADER = "X-Model-Server-Key"
