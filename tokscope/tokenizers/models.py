"""Names of models that people try, and what would work; nothing is asked of anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping

import tiktoken

from tokscope.tokenizers.tiktoken import knows

_GATED = "set HF_TOKEN, since it is gated, or name its file, tokenizer.json or tokenizer.model"
_CLOSED = "is not published; name the file of another one, or count with the API of the model"
# The beginning of a name -> whose it is, and what would work. A name with a slash is only looked at
# if no repository of the hub can have it.
_FAMILIES: Mapping[str, str] = {
    "(anthropic/)?claude": f"the tokenizer of Claude 3 and later {_CLOSED}",
    "(google/)?gemini": f"the tokenizer of Gemini {_CLOSED}",
    "(meta-)?llama-?2": f"write hf:meta-llama/Llama-2-7b-hf for Llama 2 and {_GATED}",
    "(meta-)?llama": f"write hf:meta-llama/Llama-3.1-8B for Llama 3 and {_GATED}",
    "kmers?": "write kmers:6 or kmers:6:overlapping for the baseline of DNA",
    "gemma": f"write hf:google/gemma-2-2b for Gemma 2 and {_GATED}",
    "mistral|mixtral": "write mistral:v3, mistral:tekken or the name of a repository",
    "qwen": "write the name of a repository, such as Qwen/Qwen2.5-0.5B",
    "deepseek": "write the name of a repository, such as deepseek-ai/DeepSeek-V3",
}
# Names that tiktoken does not list -> an encoding
_MORE = {"gpt-3": "r50k_base", "chatgpt": "gpt-4o", "codex": "p50k_base"}


def suggestion(word: str) -> str:
    """Say what to write for the name of a model that nothing here has; "" if nothing is known.

    >>> suggestion("GPT-4"), suggestion("org/name")
    ('write gpt-4 for the encoding cl100k_base', '')
    """
    of_openai = _of_openai(re.sub("^openai/", "", word.lower()))
    if of_openai:
        return of_openai
    for start, told in _FAMILIES.items():
        if re.match(f"({start})[^/]*$", word.lower()):
            return told
    return ""


def _of_openai(name: str) -> str:
    """Look for a name of tiktoken that differs in its case, its signs or its end."""
    dashed = re.sub(r"^gpt[-_ ]?(?=\d)", "gpt-", name)
    for one in (name, f"{name}_base", dashed, _MORE.get(dashed, "")):
        if one in tiktoken.list_encoding_names():
            return f"write {one}"
        if knows(one) and not one.startswith("gpt-oss-"):  # whose repositories have this name
            return f"write {one} for the encoding {tiktoken.encoding_name_for_model(one)}"
    return ""
