"""A bare Git remote with this checkout's commit as its main, a clone to work in, and checkouts of commits to run in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_LONG_AGO = 1_577_836_800  # 2020: what set-up has installed is newer than any file of a checkout
_LINKED = (".venv", "node_modules")


class Remote:
    """Made anew in the folder."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder, self._bare, self._work = folder, folder / "remote.git", folder / "work"
        _git(folder, "clone", "--quiet", "--bare", "--no-hardlinks", str(ROOT), str(self._bare))
        _git(self._bare, "branch", "--force", "main", _git(ROOT, "rev-parse", "HEAD"))
        _git(folder, "clone", "--quiet", "--branch", "main", str(self._bare), str(self._work))
        for name, value in (("user.name", "Max"), ("user.email", "max@example.com")):
            _git(self._work, "config", name, value)

    @property
    def main(self) -> str:
        """The commit of main."""
        return _git(self._bare, "rev-parse", "main")

    def commit(self, branch: str, path: str, text: str) -> str:
        """A branch off main with a file changed, pushed; its commit."""
        _git(self._work, "checkout", "--quiet", "-B", branch, "origin/main")
        file = self._work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        _git(self._work, "add", "--all")
        _git(self._work, "commit", "--quiet", "-m", f"{branch}: {path}")
        return self._push(branch)

    def text(self, path: str) -> str:
        """A file of main."""
        return subprocess.run(
            ["git", "show", f"main:{path}"], cwd=self._bare, check=True, capture_output=True, text=True
        ).stdout

    def merged(self, branch: str) -> str:
        """The trial merge of the branch with main, which a pull request's workflow runs on."""
        _git(self._work, "checkout", "--quiet", "-B", f"merge-{branch}", "origin/main")
        _git(self._work, "merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", branch)
        return self._push(f"merge-{branch}")

    def advance(self, commit: str) -> None:
        """Main becomes the merge."""
        _git(self._work, "push", "--quiet", "origin", f"{commit}:refs/heads/main")
        _git(self._work, "fetch", "--quiet", "origin")

    def checkout(self, ref: str) -> Path:
        """A folder with the files of a commit, or of a branch as it is now; what is installed here is linked."""
        commit = _git(self._bare, "rev-parse", ref)
        folder = self._folder / "checkouts" / commit
        if folder.exists():
            return folder
        _git(self._folder, "clone", "--quiet", "--no-checkout", str(self._bare), str(folder))
        _git(folder, "checkout", "--quiet", "--detach", commit)
        for name in _git(folder, "ls-files").splitlines():
            os.utime(folder / name, (_LONG_AGO, _LONG_AGO), follow_symlinks=False)
        for name in _LINKED:
            (folder / name).symlink_to(ROOT / name)
        (folder / ".understudy").mkdir()
        for entry in (ROOT / ".understudy").iterdir():
            if entry.name not in ("workspace", "year", "delivery"):
                (folder / ".understudy" / entry.name).symlink_to(entry)
        return folder

    def _push(self, branch: str) -> str:
        _git(self._work, "push", "--quiet", "--force", "origin", branch)
        return _git(self._work, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
