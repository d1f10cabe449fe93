"""Tensors and text in one file that is read whole or refused: safetensors, with a digest.

Plain tensors by name, and text beside them in the header; reading one executes nothing.  The digest
is the SHA-256 of the whole file, with zeros in the place of the digest itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from photonics.checks import path_of
from photonics.documents import json_of
from photonics.errors import InputError
from photonics.files import read_bytes, write_whole

_NO_DIGEST = "0" * 64
# safetensors begins with the length of its header, JSON, in so many bytes.
_LENGTH_BYTES = 8


@dataclass(frozen=True)
class SealedFormat:
    """A kind of file.

    Attributes:
        kind: what a file holds, as messages name it: ``chip``.
        family: what every version of it begins its format with.
        version: the one that is written and read.
        maker: function that writes such a file, for those who have another.
        remedy: how to come by a whole one again.
    """

    kind: str
    family: str
    version: int
    maker: str
    remedy: str

    @property
    def name(self) -> str:
        """Family and version, as they stand in a file."""
        return f"{self.family} {self.version}"

    def write(
        self, path: str | Path, text: Mapping[str, str], tensors: Mapping[str, Tensor]
    ) -> None:
        """Write a file, atomically; complex tensors become pairs of real numbers.

        Raises:
            InputError: if it cannot be written.
        """
        target = path_of("path", path)
        header = {"format": self.name, "digest": _NO_DIGEST, **text}
        blank = _ordered(
            save({name: plain(x) for name, x in tensors.items()}, metadata=header), header
        )
        written = blank.replace(_NO_DIGEST.encode(), _digest(blank, _NO_DIGEST).encode(), 1)
        write_whole(target, written, self.kind)

    def read(self, path: str | Path) -> tuple[dict[str, str], dict[str, Tensor]]:
        """Text and tensors of a file; a path with backslashes is found outside of Windows, too.

        Raises:
            InputError: if it cannot be read, is damaged, or is another kind or version.
        """
        written = read_bytes(path_of("path", path), self.kind)
        head = _head(written)
        if written.startswith(self.family.encode()):
            raise self.refusal(path, "was written by another version")
        if f'"{self.family} '.encode() not in head:
            raise InputError(self.kind, str(path), f"is not a {self.kind}", f"see {self.maker}")
        try:
            text = json_of(head[_LENGTH_BYTES:].decode())["__metadata__"]
            whole = _digest(written, text["digest"]) == text["digest"]
        except (ValueError, LookupError, TypeError, AttributeError):
            whole = False
        if not whole:
            raise self.refusal(path, "is damaged: it is not what was written")
        if text["format"] != self.name:
            found = f"was written by another version ({text['format']}, not {self.name})"
            raise self.refusal(path, found)
        try:
            return text, load(written)
        except SafetensorError as error:
            raise self.misfit(path, error) from None

    def misfit(self, path: str | Path, error: Exception) -> InputError:
        """What is said of a whole file whose content is not what it should be."""
        found = str(error).splitlines()[0] if str(error) else type(error).__name__
        return self.refusal(path, f"does not hold a {self.kind} of this version ({found})")

    def refusal(self, path: str | Path, why: str) -> InputError:
        """A line that names the file, why it cannot be used, and the remedy."""
        return InputError(self.kind, str(path), why, self.remedy)


def plain(x: Tensor) -> Tensor:
    """A tensor of its own memory, complex ones as pairs of real numbers."""
    real = torch.view_as_real(x) if x.is_complex() else x
    return real.clone(memory_format=torch.contiguous_format)


def _ordered(written: bytes, text: Mapping[str, str]) -> bytes:
    """A file whose text stands in the order given, so that like content makes like bytes.

    safetensors itself writes the text in an order that differs from run to run.
    """
    old = _head(written)
    tensors = json.loads(old[_LENGTH_BYTES:])
    head = json.dumps({"__metadata__": None} | tensors | {"__metadata__": dict(text)}).encode()
    head += b" " * (-len(head) % _LENGTH_BYTES)
    return len(head).to_bytes(_LENGTH_BYTES, "little") + head + written[len(old) :]


def _head(written: bytes) -> bytes:
    """The part of a file before its tensors."""
    return written[: _LENGTH_BYTES + int.from_bytes(written[:_LENGTH_BYTES], "little")]


def _digest(written: bytes, noted: str) -> str:
    """Digest of a file, the one that is noted in it left out."""
    head = _head(written)
    digest = sha256(head.replace(noted.encode(), _NO_DIGEST.encode(), 1))
    digest.update(memoryview(written)[len(head) :])
    return digest.hexdigest()
