"""Evidence in a folder: a file is there whole and on the disk, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

FILE_MODE, FOLDER_MODE = 0o400, 0o700  # some of it is confidential, and nothing of it is ever written to again


class EvidenceFiles(FileSystemStorage):
    """Django's own writes into the file under its final name, where a crash would leave half of it for good."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        # A name is a hash: whoever has the same one has the same bytes.
        return str(name)

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        self._make_folder(path.parent)
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fchmod(descriptor, FILE_MODE)
                os.fsync(descriptor)
            os.replace(made, path)
        except BaseException:
            os.unlink(made)
            raise
        _sync(path.parent)
        return name

    def delete(self, name: str) -> None:
        raise PermissionError("evidence is never deleted")

    def _make_folder(self, folder: Path) -> None:
        """With those above it; each one's name is on the disk before anything stands in it."""
        if folder.is_dir():
            return
        if folder != Path(self.location):
            self._make_folder(folder.parent)
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        else:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
