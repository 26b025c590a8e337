"""HTTP of the Files API over volumes and model versions."""

from __future__ import annotations

from fastapi import APIRouter

from rehearsal.workspace.files import directory_routes, file_routes

router = APIRouter()
for part in (file_routes, directory_routes):
    router.include_router(part.router)
