"""Mistral's tokenizers as their package ships them; only its files are read, none of its code."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from tokscope.errors import TokscopeError, choose
from tokscope.tokenizers import Spec, Tokenizer, sentencepiece, tekken
from tokscope.tokenizers.beside import Folder

RELEASES = {
    "v1": "tokenizer.model.v1",
    "v2": "mistral_instruct_tokenizer_240216.model.v2",
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
    "v7": "mistral_instruct_tokenizer_241114.model.v7",
    "tekken": "tekken_240911.json",
}


def load_folder(folder: Folder) -> Tokenizer:
    """Load the `tokenizer.model.v1`, `.v3`, … of a folder: the one of the newest format."""
    paths = sorted(folder.path.glob("tokenizer.model.v*"), key=_format)
    made = sentencepiece.load_file(Spec(folder.name, "sp", str(paths[-1])))
    return replace(made, path="SentencePiece")  # what stands beside it is read for its folder


def _format(path: Path) -> tuple[int, str]:
    """Return the number of a file's format; v7m1 is a later one of 7."""
    number = re.match(r"\d+", path.suffix.removeprefix(".v"))
    return int(number[0]) if number else 0, path.suffix


def load_release(spec: Spec) -> Tokenizer:
    """Load `mistral:v1` to `mistral:v7` (SentencePiece) or `mistral:tekken`.

    Raises:
        TokscopeError: the release is unknown, or mistral-common is not installed.
    """
    file = choose(RELEASES, spec.place, "Mistral release")
    package = find_spec("mistral_common")
    if package is None or package.origin is None:
        raise TokscopeError(
            f"mistral:{spec.place} needs mistral-common; install it with: "
            "pip install 'tokscope[mistral]'"
        )
    path = Path(package.origin).parent / "data" / file
    if not path.exists():
        raise TokscopeError(f"mistral-common no longer ships {file}; install 'tokscope[mistral]'")
    bundled = Spec(spec.label or f"mistral-{spec.place}", spec.kind, str(path))
    return tekken.load_file(bundled) if path.suffix == ".json" else sentencepiece.load_file(bundled)
