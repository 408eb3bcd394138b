"""The shape of the house, read from the syntax trees: which room may import which, and what must not load early."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "zoo"

# A room imports only itself and rooms to its left.
ROOMS = (
    *("data", "evaluation", "text", "linking", "crf", "checkpoint", "models", "training"),
    *("pretraining", "weak", "hub", "corpus", "cli"),
)
FIRST_ROOMS = ("data", "evaluation", "text", "linking", "crf", "checkpoint", "models", "training")
TRAINING_ONLY = {"zoo.training", "zoo.pretraining", "zoo.weak"}
FEWEST_FILES = 25

HEAVY = {"gensim", "transformers", "matplotlib", "scipy", "spacy", "sklearn", "pycrfsuite"}
TORCH = {"torch", "pytorch_lightning", "torchmetrics", "torchcrf"}
PICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


class Import(NamedTuple):
    """One imported module, with where it stands: ``early`` if importing the file runs it."""

    module: str
    line: int
    early: bool


def files(*rooms: str) -> list[Path]:
    """The Python files of these rooms, or of the whole package."""
    return sorted(path for room in rooms or ("",) for path in (PACKAGE / room).rglob("*.py"))


def room_of(module: str) -> str | None:
    """The room a module of the package lies in; None for the package itself, and outside it."""
    first, *rest = module.split(".")
    return rest[0] if first == "zoo" and rest and rest[0] in ROOMS else None


def where(path: Path, line: int) -> str:
    """File and line, as editors read them."""
    return f"{path.relative_to(ROOT)}:{line}"


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, wherever in it it stands."""
    early = set(_early(parse(path)))
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, node in early) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join((*package[: len(package) + 1 - node.level], *filter(None, [node.module])))
            start = base if node.level else node.module or ""
            if start == "zoo" or start.startswith("zoo."):  # its names may be modules
                names = (f"{start}.{alias.name}" for alias in node.names)
                yield from (Import(name, node.lineno, node in early) for name in names)
            else:
                yield Import(start, node.lineno, node in early)


def _early(tree: ast.AST) -> Iterator[ast.AST]:
    """The import statements that run when the file is imported: not in functions, not under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from (found for other in node.orelse for found in _early(ast.Module([other], [])))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _early(node)


def early_uses(paths: list[Path], banned: set[str]) -> list[str]:
    """Where importing one of these files imports a banned top-level package."""
    return [
        f"{where(path, found.line)} imports {found.module}"
        for path in paths
        for found in imports(path)
        if found.early and found.module.partition(".")[0] in banned
    ]


def reached(start: list[Path]) -> dict[Path, str]:
    """The files of the package that importing ``start`` imports in turn, each with the import that led there."""
    chain = {path: path.relative_to(ROOT).as_posix() for path in start}
    queue = list(start)
    while queue:
        path = queue.pop()
        for found in (found for found in imports(path) if found.early):
            for target in _module_files(found.module):
                if target not in chain:
                    chain[target] = f"{chain[path]} -> {target.relative_to(ROOT).as_posix()}"
                    queue.append(target)
    return chain


def _module_files(module: str) -> Iterator[Path]:
    """What importing ``zoo.a.b`` runs: the ``__init__`` of each package on the way, and the module."""
    parts = module.split(".")
    if parts[0] == "zoo":
        for end in range(1, len(parts) + 1):
            place = ROOT.joinpath(*parts[:end])
            yield from (path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file())


def test_the_files_are_found():
    found = files()
    assert len(found) >= FEWEST_FILES
    assert {room for room in FIRST_ROOMS if files(room)} == set(FIRST_ROOMS)
    assert sum(room_of(each.module) is not None for path in found for each in imports(path)) >= 2 * FEWEST_FILES


def test_every_folder_is_a_room():
    folders = {path.relative_to(PACKAGE).parts[0] for path in files() if path.parent != PACKAGE}
    assert folders <= set(ROOMS)
    assert {path.name for path in PACKAGE.glob("*.py")} <= {"__init__.py", "__main__.py"}


def test_every_folder_with_code_is_a_package():
    missing = {path.parent for path in files() if not (path.parent / "__init__.py").is_file()}
    assert not missing


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_before_it(room):
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    wrong = [
        f"{where(path, found.line)} imports {found.module}"
        for path in files(room)
        for found in imports(path)
        if (target := room_of(found.module)) is not None and target not in allowed
    ]
    assert not wrong


def test_only_the_command_line_imports_the_package_itself():
    wrong = [
        f"{where(path, found.line)} imports {found.module}"
        for path in files()
        for found in imports(path)
        if found.module.partition(".")[0] == "zoo" and room_of(found.module) is None
        if found.module != "zoo.__version__" and "cli" not in path.relative_to(PACKAGE).parts
    ]
    assert not wrong


def test_data_needs_only_the_standard_library():
    wrong = [
        f"{where(path, found.line)} imports {found.module}"
        for path in files("data")
        for found in imports(path)
        if found.module.partition(".")[0] not in {*sys.stdlib_module_names, "zoo"}
    ]
    assert not wrong


def test_torch_starts_at_the_batch():
    before = [path for path in files("data", "evaluation", "text") if path != PACKAGE / "text" / "batch.py"]
    assert not early_uses(before, TORCH)
    assert (PACKAGE / "text" / "batch.py") not in reached(before)


def test_heavy_packages_are_imported_where_they_are_used():
    assert not early_uses(files(), HEAVY)


def test_inference_does_not_import_training():
    chain = reached([PACKAGE / "__init__.py", *files("checkpoint", "models", "hub")])
    wrong = [how for path, how in chain.items() if f"zoo.{path.relative_to(PACKAGE).parts[0]}" in TRAINING_ONLY]
    assert not wrong


def test_nothing_is_unpickled_outside_training():
    wrong = []
    for path in files():
        if path.is_relative_to(PACKAGE / "training"):
            continue
        wrong += [
            f"{where(path, found.line)} imports {found.module}"
            for found in imports(path)
            if found.module.partition(".")[0] in PICKLERS
        ]
        wrong += [f"{where(path, node.lineno)} {ast.unparse(node)}" for node in ast.walk(parse(path)) if _loads(node)]
    assert not wrong


def _loads(node: ast.AST) -> bool:
    """Whether this is ``torch.load``, however spelt, or an array file read with pickle."""
    if isinstance(node, ast.Attribute):
        return node.attr == "load" and isinstance(node.value, ast.Name) and node.value.id == "torch"
    if isinstance(node, ast.ImportFrom):
        return node.module in ("torch", "torch.serialization") and any(alias.name == "load" for alias in node.names)
    return isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"


@pytest.mark.parametrize("folder", ["zoo", "benchmarks", "tests"])
def test_no_file_is_named_for_nothing(folder):
    found = list((ROOT / folder).rglob("*.py"))
    assert found
    wrong = [path for path in found if re.search(r"(^|_)(utils?|helpers?|commons?|misc)($|_)", path.stem)]
    assert not wrong


def test_the_checks_catch_what_they_are_for(tmp_path, monkeypatch):
    package = tmp_path / "zoo"
    (package / "text").mkdir(parents=True)
    source = "import scipy.stats\nfrom .. import models\ndef late():\n    import gensim\n    return torch.load('x')\n"
    path = package / "text" / "bad.py"
    path.write_text(source)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    found = list(imports(path))
    assert found == [Import("scipy.stats", 1, True), Import("zoo.models", 2, True), Import("gensim", 4, False)]
    assert early_uses([path], HEAVY) == ["zoo/text/bad.py:1 imports scipy.stats"]
    assert [node.lineno for node in ast.walk(parse(path)) if _loads(node)] == [5]
