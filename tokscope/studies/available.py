"""What can be loaded on this machine now?"""

from __future__ import annotations

from importlib.util import find_spec

from tokscope.report import Report, Rows
from tokscope.tokenizers import LOADERS
from tokscope.tokenizers.download import cached_encodings
from tokscope.tokenizers.folder import wanted
from tokscope.tokenizers.hub import cached_repositories
from tokscope.tokenizers.mistral import RELEASES
from tokscope.tokenizers.sample import TRAINED
from tokscope.wording import many

# extra -> the package that it installs, and its purpose
EXTRAS = {
    "fast": ("fastokens", "byte-level BPE of much text, with the same ids"),
    "moses": ("sacremoses", "words of XLM, FlauBERT, FSMT and BioGPT"),
    "mistral": ("mistral_common", "mistral:v1 to mistral:tekken"),
    "dask": ("distributed", "--scheduler"),
    "icu": ("icu4py", "--words icu"),
    "parquet": ("pyarrow", ".parquet and .arrow text"),
    "plot": ("matplotlib", "plots as .png, .pdf and in Python"),
    "zst": ("zstandard", ".zst text"),
}
# kind -> how users name it; all others are KIND:PATH
_EXAMPLES = {
    "hf": "hf:org/name@revision",
    "file": "tokenizer.json, a folder",
    "tiktoken": "tiktoken:cl100k_base",
    "tiktoken-file": "ranks.tiktoken?pattern=gpt2",
    "sp": "tokenizer.model",
    "mistral": ", ".join(f"mistral:{release}" for release in RELEASES),
    "tekken": "tekken.json",
    "gguf": "model.gguf",
    "wordpiece": "wordpiece:vocab.txt",
    "merges": "merges.txt",
    "codes": "codes:bpe.codes",
    "clip": "bpe_simple_vocab_16e6.txt.gz",
    "minbpe": "minbpe:my.model",
    "rwkv": "rwkv:rwkv_vocab.txt",
    "sample": ", ".join(f"sample:{name}" for name in TRAINED),
    "bytes": "bytes",
    "characters": "characters",
    "kmers": "kmers:6, kmers:6:overlapping",
}


def available() -> Report:
    """Return kinds of tokenizers, extras and cached files: what, name, state, hint.

    This imports and loads nothing, and does not use the network.
    """
    rows = [("kind", kind, "ready", _EXAMPLES.get(kind, f"{kind}:PATH")) for kind in LOADERS]
    for extra, (package, use) in EXTRAS.items():
        if find_spec(package):
            rows.append(("extra", extra, "installed", use))
        else:
            rows.append(("extra", extra, "missing", f"{use}: pip install 'tokscope[{extra}]'"))
    missing = find_spec(EXTRAS["mistral"][0]) is None
    if missing:
        at = list(LOADERS).index("mistral")
        rows[at] = ("kind", "mistral", "needs an extra", _EXAMPLES["mistral"])
    for encoding, cached in cached_encodings().items():
        state = "cached" if cached else "to be downloaded"
        rows.append(("encoding", encoding, state, f"tiktoken:{encoding}"))
    rows += [("repository", name, "cached", f"hf:{name}") for name in cached_repositories(wanted)]
    columns = "what", "name", "state", "how"
    table = [dict(zip(columns, row, strict=True)) for row in rows]
    return Report("list", "What can be loaded here", table, headline=headline(table))


def headline(rows: Rows) -> str:
    """Say what is ready, what is in the caches, and which extras are missing."""

    def names(what: str, state: str) -> list[str]:
        return [row["name"] for row in rows if (row["what"], row["state"]) == (what, state)]

    encodings, repositories = names("encoding", "cached"), names("repository", "cached")
    told = [f"{many(len(encodings), 'encoding')} of tiktoken"] if encodings else []
    if repositories:
        told.append(f"{many(len(repositories), 'repository', 'repositories')} of the hub")
    said = f"{len(names('kind', 'ready'))} of {len(LOADERS)} kinds of tokenizers are ready. "
    said += f"In the caches: {' and '.join(told)}." if told else "No tokenizer is in the caches."
    missing = names("extra", "missing")
    return f"{said} Missing extras: {', '.join(missing)}." if missing else said
