"""tokscope shows what a tokenizer does.

The public names are imported when they are first used, so that importing tokscope stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokscope.version import __version__

if TYPE_CHECKING:
    from tokscope.counting.catalog import MEASURES as MEASURES
    from tokscope.errors import TokscopeError as TokscopeError
    from tokscope.report import Report as Report
    from tokscope.studies.audit import audit as audit
    from tokscope.studies.available import available as available
    from tokscope.studies.boundary import boundary as boundary
    from tokscope.studies.boundary_places import boundary_places as boundary_places
    from tokscope.studies.check import check as check
    from tokscope.studies.code import code as code
    from tokscope.studies.compare import compare as compare
    from tokscope.studies.compare_lines import worst_lines as worst_lines
    from tokscope.studies.count import count as count
    from tokscope.studies.diff import diff as diff
    from tokscope.studies.encode import encode as encode
    from tokscope.studies.equiv import equiv as equiv
    from tokscope.studies.explain import explain as explain
    from tokscope.studies.extend import extend as extend
    from tokscope.studies.infer_mixture import infer_mixture as infer_mixture
    from tokscope.studies.inspect import inspect as inspect
    from tokscope.studies.lock import lock as lock
    from tokscope.studies.lock import verify_lock as verify_lock
    from tokscope.studies.measures import list_measures as list_measures
    from tokscope.studies.morph import morph as morph
    from tokscope.studies.numbers import numbers as numbers
    from tokscope.studies.report import full_report as full_report
    from tokscope.studies.show import show as show
    from tokscope.studies.simulate_mixture import simulate_mixture as simulate_mixture
    from tokscope.studies.transfer import transfer as transfer
    from tokscope.studies.vocab import vocab as vocab
    from tokscope.text.corpus import read_corpora as read_corpora
    from tokscope.tokenizers import load as load

_HOMES = {
    "MEASURES": "counting.catalog",
    "Report": "report",
    "TokscopeError": "errors",
    "audit": "studies.audit",
    "available": "studies.available",
    "boundary": "studies.boundary",
    "boundary_places": "studies.boundary_places",
    "check": "studies.check",
    "code": "studies.code",
    "compare": "studies.compare",
    "count": "studies.count",
    "diff": "studies.diff",
    "encode": "studies.encode",
    "equiv": "studies.equiv",
    "explain": "studies.explain",
    "extend": "studies.extend",
    "full_report": "studies.report",
    "infer_mixture": "studies.infer_mixture",
    "inspect": "studies.inspect",
    "list_measures": "studies.measures",
    "load": "tokenizers",
    "lock": "studies.lock",
    "morph": "studies.morph",
    "numbers": "studies.numbers",
    "read_corpora": "text.corpus",
    "show": "studies.show",
    "simulate_mixture": "studies.simulate_mixture",
    "transfer": "studies.transfer",
    "verify_lock": "studies.lock",
    "vocab": "studies.vocab",
    "worst_lines": "studies.compare_lines",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tokscope' has no attribute '{name}'")
    return getattr(import_module(f"tokscope.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
