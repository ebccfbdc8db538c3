"""A bundle's folder in, bytes to send to Spark's workers out, and back; refuses what `load_bundle` refuses."""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self
from zipfile import ZipFile

from pipeline.bundle import Bundle, load_bundle


@dataclass(frozen=True, slots=True)
class PackedBundle:
    """The folder of a bundle as the bytes of a zip, to be sent to where it is needed."""

    version: str
    archive: bytes

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Pack a bundle's folder."""
        packed = io.BytesIO()
        with ZipFile(packed, "w") as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
        return cls(folder.name, packed.getvalue())

    def unpacked(self) -> Bundle:
        """Return the bundle, checked as `load_bundle` checks any.

        Raises:
            BundleError: it was altered on its way, or this machine has other versions than the one that trained it.
        """
        with TemporaryDirectory() as folder, ZipFile(io.BytesIO(self.archive)) as archive:
            unpacked = Path(folder) / self.version
            archive.extractall(unpacked)
            return load_bundle(unpacked)


@lru_cache(maxsize=1)
def loaded(packed: PackedBundle) -> Bundle:
    """Return the bundle, which a process loads once, however many partitions it scores."""
    return packed.unpacked()
