"""Published tokenizers, loaded once for all tests of a process; none of these tests changes one."""

from functools import cache
from pathlib import Path

from tokscope.growth.base import Base, base_of
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers import load as load_anew
from tokscope.tokenizers.pipeline import Pipeline, pipeline_of


@cache
def load(place: str | Path) -> Tokenizer:
    """Load a tokenizer; a path is the same as its string."""
    return load_anew(place) if isinstance(place, str) else load(str(place))


@cache
def pipeline_from(place: str | Path) -> Pipeline:
    """Return how a tokenizer cuts text and merges it."""
    return pipeline_of(load(place))


@cache
def base_from(place: str | Path) -> Base:
    """Return a tokenizer as one that can grow."""
    return base_of(load(place))
