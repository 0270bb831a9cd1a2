"""Files with names that several families use: their content and the class of the folder decide.

`vocab.json` and `merges.txt` are GPT-2's, but GPT-1, CLIP, XLM and CTRL use the names too, and
`vocab.txt` is BERT's, ESM's and PhoBERT's.
"""

from __future__ import annotations

from pathlib import Path

from tokscope.errors import TokscopeError
from tokscope.tokenizers import (
    Tokenizer,
    bytelevel,
    continued,
    moses,
    residues,
    suffixed,
    wordpiece,
)
from tokscope.tokenizers.beside import Folder
from tokscope.tokenizers.files import read_ids, read_text

_KNOWN = (*suffixed.CLASSES, *moses.CLASSES, "CTRL")


def load_folder(folder: Folder) -> Tokenizer:
    """Load the two files of a folder.

    Raises:
        TokscopeError: a file cannot be read, or ends of words are marked and no class is named.
    """
    path = folder.path / "vocab.json"
    text = read_text(path)
    if "</w>" not in text and '@@"' not in text:
        return bytelevel.load_folder(folder)
    kind = "" if folder.beside.generic else folder.beside.kind
    kind = kind or ("CLIP" if "<|startoftext|>" in text else "")
    if kind in suffixed.CLASSES:
        pairs = suffixed.read_pairs(path.with_name("merges.txt"))
        return suffixed.load_class(read_ids(path), pairs, kind, folder.name, str(path))
    if kind in moses.CLASSES:
        return moses.load_class(path, kind, folder)
    if kind == "CTRL":
        return continued.load_ctrl(path, folder)
    if not bytelevel.marks_ends(read_ids(path)):  # a token of GPT-2 may end so
        return bytelevel.load_folder(folder)
    raise TokscopeError(_unknown(path, kind))


def _unknown(path: Path, kind: str) -> str:
    named = f"how {kind}Tokenizer splits words is not known here" if kind else "no class is named"
    return (
        f"{path}: marks the ends of words by </w>, and {named} by tokenizer_config.json or "
        f"config.json beside it; classes that are known: {', '.join(_KNOWN)}"
    )


def load_fsmt(folder: Folder) -> Tokenizer:
    """Load the `vocab-src.json` and the `merges.txt` of a folder: the source's side."""
    return moses.load_class(folder.path / "vocab-src.json", "FSMT", folder)


def load_codes(folder: Folder) -> Tokenizer:
    """Load the `vocab.txt` and the `bpe.codes` of a folder."""
    return continued.load_table(folder.path / "vocab.txt", folder.path / "bpe.codes", folder)


def load_lines(folder: Folder) -> Tokenizer:
    """Load the `vocab.txt` of a folder: WordPiece, or residues."""
    path, beside = folder.path / "vocab.txt", folder.beside
    content = read_text(path)
    generic = beside.generic and residues.holds_residues(content.splitlines())
    if generic or beside.kind == "Esm":
        return residues.residues(content, folder.name, str(path))
    return wordpiece.load_folder(folder)
