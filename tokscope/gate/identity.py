"""Whether it is the same tokenizer: what differs from the baseline, in words; empty if nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tokscope.errors import shortened
from tokscope.gate.snapshot import Identity
from tokscope.gate.vocabularies import changed_ids
from tokscope.text.spelled import spelled
from tokscope.tokenizers.components import TEMPLATE

Golden = Mapping[str, Sequence[int]]
_EXAMPLES = 3
_LONGEST = 40  # characters of a string that is shown
_READABLE = 64  # characters of two values that are shown; a hash has as many alone


def _golden(head: Identity, base: Identity) -> str:
    old, new = base.golden, {text: head.golden.get(text, ()) for text in base.golden}
    changed = [text for text in old if new[text] != old[text]]
    if not changed:
        return ""
    same = [text for text in changed if len(new[text]) == len(old[text])]
    shown = sorted(changed, key=lambda text: (text not in same, _by_length(text)))
    count = f"{len(changed)} of {len(base.golden)} golden strings have other ids"
    alike = f", {len(same)} of them with as many tokens" if same else ""
    return f"{count}{alike}: {_examples(shown, old, new)}"


def _model_input(head: Identity, base: Identity) -> str:
    """Compare the special tokens around strings whose own ids did not change."""
    old, new = (_fed(one) for one in (base, head))
    kept = [text for text, ids in base.golden.items() if head.golden.get(text) == ids]
    changed = sorted((text for text in kept if new[text] != old[text]), key=_by_length)
    if not changed:
        return ""
    count = f"{len(changed)} of {len(kept)} golden strings get other special tokens"
    return f"{count}: {_examples(changed, old, new)}"


def _by_length(text: str) -> tuple[int, bool, str]:
    """Sort by how easily a string is read, not by the order of keys in a lock."""
    return len(text), not text.isalnum(), text


def _fed(identity: Identity) -> Mapping[str, Sequence[int]]:
    return {**identity.golden, **identity.model_input}


def _examples(texts: Sequence[str], old: Golden, new: Golden) -> str:
    return ", ".join(
        f'"{shortened(spelled(text.encode()), _LONGEST)}" {ids_apart(old[text], new[text])}'
        for text in texts[:_EXAMPLES]
    )


def ids_apart(old: Sequence[int], new: Sequence[int], most: int = 6) -> str:
    """Write two lists of ids around the place where they first differ.

    >>> ids_apart([1, 2], [1, 3]), ids_apart([*range(9)], [*range(8)], most=2)
    ('[1, 2] -> [1, 3]', '[…, 7, 8] -> […, 7]')
    """
    pairs = zip(old, new, strict=False)
    alike = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
    first = max(alike - 1, 0) if max(len(old), len(new)) > most else 0
    return f"{_ids(old, first, most)} -> {_ids(new, first, most)}"


def _ids(ids: Sequence[int], first: int, most: int) -> str:
    parts = ["…"] if first else []
    parts += map(str, ids[first : first + most])
    return f"[{', '.join(parts + ['…'] * (len(ids) > first + most))}]"


def _specials(head: Identity, base: Identity) -> str:
    old, new = base.specials, head.specials
    changes = {
        "gone": [name for name in sorted(old, key=old.__getitem__) if name not in new],
        "new": [name for name in new if name not in old],
        "with another id": [
            name
            for name in sorted(old, key=old.__getitem__)
            if old[name] != new.get(name, old[name])
        ],
    }
    return "; ".join(f"{what}: {_some(names)}" for what, names in changes.items() if names)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
    return ", ".join(names[:_EXAMPLES]) + more


def _components(head: Identity, base: Identity) -> str:
    old, new = base.components, head.components
    return _differing(old, new) + _older(head, base, old, new)


def _processing(head: Identity, base: Identity) -> str:
    old, new = (_parts(one, templates=False) for one in (base, head))
    text = _differing(old, new) + _older(head, base, old, new)
    known = [name for name in new if name in old and old[name] != new[name]]
    short = [name for name in known if len(old[name]) + len(new[name]) < _READABLE]
    values = ", ".join(f"{name} {old[name]} -> {new[name]}" for name in short)
    return f"{text} ({values})" if values else text


def _templates(head: Identity, base: Identity) -> str:
    old, new = (_parts(one, templates=True) for one in (base, head))
    return _differing(old, new)


def _parts(identity: Identity, *, templates: bool) -> Mapping[str, str]:
    parts = identity.processing.items()
    return {name: part for name, part in parts if name.startswith(TEMPLATE) == templates}


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Name the parts that differ."""
    changes = {
        "changed": [name for name in new if name in old and old[name] != new[name]],
        "gone": [name for name in old if name not in new],
        "new": [name for name in new if name not in old],
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in changes.items() if names)


def _older(head: Identity, base: Identity, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Explain parts that only one side has because the versions of tokscope differ."""
    versions = [one.backends.get("tokscope", "another version") for one in (base, head)]
    if old.keys() == new.keys() or versions[0] == versions[1]:
        return ""
    return (
        f"; the baseline is of tokscope {versions[0]}, and {versions[1]} may tell other parts of "
        "the same file: look with tokscope diff, then run tokscope lock --update --reason TEXT"
    )


def _backends(head: Identity, base: Identity) -> str:
    old, new = base.backends, head.backends
    names = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    return ", ".join(f"{name} {old.get(name, '–')} -> {new.get(name, '–')}" for name in names)


# gate -> a function that says what differs between a candidate and a baseline
LOOKS: Mapping[str, Callable[[Identity, Identity], str]] = {
    "golden": _golden,
    "model_input": _model_input,
    "specials": _specials,
    "vocabulary": changed_ids,
    "components": _components,
    "processing": _processing,
    "chat_templates": _templates,
    "backends": _backends,
}
