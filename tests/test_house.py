"""The shape of the house: who may import whom, how long a function is, what start-up costs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tokscope
from tokscope.cli import app

PACKAGE = Path(tokscope.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# room -> what it may import of tokscope; rooms are in order, from those that know least
LOW = {
    "arrays",
    "batch",
    "changes",
    "errors",
    "given",
    "late",
    "provenance",
    "reading",
    "version",
    "visible",
    "wording",
    "workers",
    "writing",
}
TOPICS = {
    "boundaries",
    "counting",
    "equivalence",
    "gate",
    "growth",
    "lexemes",
    "mapping",
    "measures",
    "mixture",
    "morphemes",
    "numerals",
    "reach",
    "vocabularies",
}
MAY_IMPORT = {
    "version": set(),
    "visible": set(),
    "late": set(),
    "wording": set(),
    "watched": set(),
    "errors": {"visible"},
    "given": {"errors"},
    "changes": {"errors"},
    "reading": {"changes", "errors"},
    "writing": {"errors"},
    "arrays": {"errors"},
    "workers": {"errors", "late", "watched"},
    "provenance": set(),
    "plots": set(),
    "batch": set(),
    "report": {"errors", "late", "plots", "provenance"},
    "rulebook": set(),
    "rules": {"errors", "rulebook"},
    "text": LOW | {"text"},
    "tokenizers": LOW | {"tokenizers"},
    "inputs": LOW | {"text", "tokenizers"},
    "measures": {"measures"},
    "counting": LOW | {"text", "tokenizers", "measures", "counting"},
    "vocabularies": LOW | {"text", "tokenizers", "measures", "counting", "vocabularies"},
    "mapping": LOW | {"text", "tokenizers", "mapping"},
    "lexemes": LOW | {"text", "tokenizers", "counting", "lexemes"},
    "mixture": LOW | {"text", "tokenizers", "measures", "counting", "mixture"},
    "reach": LOW | {"text", "tokenizers", "measures", "counting", "vocabularies", "reach"},
    "numerals": LOW | {"text", "tokenizers", "measures", "counting", "reach", "numerals"},
    "morphemes": LOW | {"text", "tokenizers", "measures", "counting", "reach", "morphemes"},
    "boundaries": LOW | {"text", "tokenizers", "measures", "counting", "reach", "boundaries"},
    "equivalence": LOW | {"text", "tokenizers", "counting", "reach", "numerals", "equivalence"},
    "growth": LOW
    | {"text", "tokenizers", "counting", "mapping", "mixture", "reach", "equivalence", "measures"}
    | {"growth"},
    "gate": LOW | TOPICS | {"text", "tokenizers", "rulebook", "rules"},
    "studies": LOW
    | TOPICS
    | {"text", "tokenizers", "rulebook", "rules", "plots", "report", "studies"},
    "render": {"errors", "late", "plots", "report", "render", "visible"},
    "cli": LOW
    | TOPICS
    | {"text", "tokenizers", "inputs", "rulebook", "rules", "report", "studies", "render", "cli"}
    | {"plots", "watched"},
    "__main__": {"cli", "watched"},
    "__init__": {"counting", "errors", "report", "studies", "text", "tokenizers", "version"},
}


FORBIDDEN = {
    "import": {"pickle", "marshal", "shelve", "dill"},
    "call": {"eval", "exec", "compile"},
    "name": {"eval", "exec", "pickle", "cloudpickle", "__import__", "system", "popen"},
}


def name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_a_module_imports_only_from_lower_rooms() -> None:
    for path in MODULES:
        room = name(path).split(".")[0]
        for imported in imports(path):
            package, _, rest = imported.partition(".")
            if package == "tokscope":
                target = rest.split(".")[0]
                assert target in MAY_IMPORT[room], f"{name(path)} imports {imported}"


def test_one_file_knows_the_tokenizers_library() -> None:
    """Its next major version has another interface: whoever moves to it changes `library`."""
    knowing = [p for p in MODULES if "tokenizers" in {i.split(".")[0] for i in imports(p)}]
    assert list(map(name, knowing)) == ["tokenizers.library"]


def test_topics_know_arrays_and_studies_know_reports() -> None:
    """Whoever looks for a number goes to a topic, whoever looks for a table to a study."""
    for path in MODULES:
        known = imports(path)
        if name(path).split(".")[0] in TOPICS | {"text", "tokenizers"}:
            assert not known & {"pandas", "tokscope.report.Report"}, name(path)
        if name(path).startswith("studies."):
            assert not {one.split(".")[0] for one in known} & {"rich", "typer"}, name(path)


def test_a_command_has_one_stem() -> None:
    """`cli/NAME.py` has the options of a command, `studies/NAME.py` and `NAME_*.py` its tables."""
    commands = {one.callback.__module__.split(".")[-1] for one in app.registered_commands}
    studies = {path.stem for path in MODULES if path.parent.name == "studies"} - {"__init__"}
    assert commands <= studies
    assert not {one for one in studies if not any(f"{one}_".startswith(f"{c}_") for c in commands)}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in nodes(path) if isinstance(node, ast.FunctionDef))


def test_functions_are_short_and_take_few_positional_parameters() -> None:
    for path in MODULES:
        for node in functions(path):
            where = f"{name(path)}.{node.name}"
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = node.body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
            assert lines <= 40, f"{where}: {lines} lines"
            if not name(path).startswith("cli"):
                assert len(node.args.posonlyargs + node.args.args) <= 5, where


def test_files_are_short() -> None:
    for path in MODULES:
        assert path.read_text(encoding="utf-8").count("\n") <= 400, name(path)


def test_nothing_runs_code_from_a_file() -> None:
    for path in MODULES:
        own = nodes(path)
        assert not FORBIDDEN["import"] & {i.split(".")[0] for i in imports(path)}, name(path)
        calls = (node.func for node in own if isinstance(node, ast.Call))
        assert not FORBIDDEN["call"] & {f.id for f in calls if isinstance(f, ast.Name)}, name(path)
        names = {node.attr for node in own if isinstance(node, ast.Attribute)}
        names |= {node.id for node in own if isinstance(node, ast.Name)}
        assert not FORBIDDEN["name"] & names, name(path)
        words = {node.arg for node in own if isinstance(node, ast.keyword)}
        assert "trust_remote_code" not in words, name(path)


def test_imports_inside_functions_are_the_command_lines_alone() -> None:
    """Elsewhere a name needs one place; hub waits for its library, which reads the environment."""
    for path in MODULES:
        if not name(path).startswith("cli") and name(path) != "tokenizers.hub":
            inside = {line for f in functions(path) for line in range(f.lineno, f.end_lineno + 1)}  # type: ignore[operator]
            found = [n for n in nodes(path) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not [n.lineno for n in found if n.lineno in inside], name(path)


HEAVY = {
    "numpy",
    "pandas",
    "scipy",
    "tokenizers",
    "tiktoken",
    "sentencepiece",
    "regex",
    "requests",
    "matplotlib",
}


# What runs in one process, one after another, and what is not loaded by then
STEPS = (
    ("", HEAVY),
    ("--help", {"numpy", "pydantic", "rich"}),
    ("compare --help", {"numpy", "pydantic", "rich"}),
    *(
        (words, {"scipy", "pandas", "requests", "pydantic", "matplotlib"})
        for words in (
            "measures",
            "inspect sample:bpe -f csv",
            "show a sample:bpe",
            "compare bytes sample:bpe --corpus sample:en",
            "audit sample:bpe",
            "audit sample:bpe -f json",
        )
    ),
    *(
        (f"import tokscope.studies.{name}", {"pandas", "scipy", "requests", "matplotlib"})
        for name in (
            "boundary_places",
            "check",
            "code",
            "diff",
            "equiv",
            "lock",
            "morph",
            "numbers",
            "transfer",
            "vocab",
        )
    ),
)
START = """
import sys, tokscope, tokscope.cli
for words in sys.argv[1:]:
    sys.argv[1:] = words.split()
    try:
        if words.startswith("import"):
            exec(words)
        elif words:
            tokscope.cli.run()
    except SystemExit as end:
        assert not end.code
    print(words, *sys.modules, sep="\\t", file=sys.stderr)
"""


def test_start_up_help_tables_and_gates_are_light() -> None:
    """Help is printed without libraries that draw or check, a table without heavy ones."""
    command = [sys.executable, "-c", START, *(words for words, _ in STEPS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for (words, late), line in zip(STEPS, done.stderr.splitlines(), strict=True):
        told, *loaded = line.split("\t")
        assert told == words
        assert not late & {module.split(".")[0] for module in loaded}, words
    assert {"typer", "numpy"} <= set(loaded)


def test_the_public_names_are_there() -> None:
    assert set(tokscope.__all__) <= set(dir(tokscope))
    for public in tokscope.__all__:
        assert getattr(tokscope, public)
    with pytest.raises(AttributeError, match="no attribute 'comparee'"):
        tokscope.comparee  # noqa: B018
