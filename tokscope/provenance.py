"""What can change a result, as data; the signature under a result renders it."""

from __future__ import annotations

# name -> its value, its values, or None if the name alone says everything
Provenance = dict[str, str | tuple[str, ...] | None]


def rendered(provenance: Provenance) -> str:
    """Write names and values in one line, in the style of sacreBLEU (Post 2018).

    >>> rendered({"seed": "1", "price": ("a=2", "b=3"), "list": (), "stopped early": None})
    'seed:1|price:a=2|price:b=3|stopped early'
    """
    parts: list[str] = []
    for name, value in provenance.items():
        values = value if isinstance(value, tuple) else (value,)
        parts += [name if one is None else f"{name}:{one}" for one in values]
    return "|".join(parts)
