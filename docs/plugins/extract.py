"""Cut from the course's modules what a page imports, and nothing else.

A notebook carries the modules that its page stands on. Whole modules would bury the
page, so only the statements are taken that the imported names need, without their
docstrings: those are read on the pages.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from docs.plugins.pages import ROOT, PageError

PACKAGE = "snippets"
Import = ast.Import | ast.ImportFrom
Definition = ast.FunctionDef | ast.ClassDef
Request = tuple[str, str]  # a module and a name in it


@dataclass(frozen=True)
class Statement:
    """A statement that importing executes: what it binds, reads, and imports.

    An import of several names counts as several statements.
    """

    node: ast.stmt
    bound: frozenset[str]
    used: frozenset[str]
    requests: tuple[Request, ...]
    code: str

    @property
    def package(self) -> str | None:
        """The package that it imports, if it does nothing else."""
        if not isinstance(self.node, Import):
            return None
        return (getattr(self.node, "module", None) or self.code).split(".")[0]


@dataclass(frozen=True)
class Module:
    """A module of the course without its demonstrations."""

    file: Path
    docstring: str | None
    statements: tuple[Statement, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name that importing defines."""
        return frozenset().union(*(s.bound for s in self.statements))

    def takes(self, statement: Statement, needed: set[str]) -> bool:
        """Tell whether a statement binds a needed name, or acts on what is needed."""
        if isinstance(statement.node, ast.Expr):
            return statement.used & self.names <= needed
        return bool(statement.bound & needed)

    def source(self, needed: set[str]) -> str:
        """Return the statements that bind the needed names as a module."""
        imports: dict[Import, list[str]] = {}
        others = []
        for statement in self.statements:
            if self.takes(statement, needed):
                if isinstance(statement.node, Import):
                    imports.setdefault(statement.node, []).append(statement.code)
                else:
                    others.append(statement)
        lines = [_start(node) + ", ".join(names) for node, names in imports.items()]
        groups = groupby(others, lambda s: isinstance(s.node, Definition) and s.node)
        body = ["\n".join(s.code for s in group) for _node, group in groups]
        head = f'"""{self.docstring}"""' if self.docstring else ""
        return "\n\n".join(part for part in (head, "\n".join(lines), *body) if part)


def _start(node: Import) -> str:
    if isinstance(node, ast.ImportFrom):
        return f"from {node.module} import "
    return "import "


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _bound_names(node: ast.stmt) -> set[str]:
    if isinstance(node, Definition):
        return {node.name}
    stores = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in stores if isinstance(n.ctx, ast.Store)}


def _module(name: str) -> Module | None:
    file = ROOT / f"{name.replace('.', '/')}.py"
    if not file.is_file():
        return None
    return _parsed(file, file.read_text(encoding="utf-8"))


@cache
def _parsed(file: Path, text: str) -> Module:
    tree, lines = ast.parse(text, str(file)), text.splitlines()
    docstring = ast.get_docstring(tree, clean=False)
    statements = []
    for node in tree.body[1 if docstring else 0 :]:
        if isinstance(node, Import):
            statements += [_import(node, alias, tree) for alias in node.names]
        elif not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)):
            statements.append(_statement(node, lines))
    return Module(file, docstring, tuple(statements))


def _import(node: Import, alias: ast.alias, tree: ast.Module) -> Statement:
    is_from = isinstance(node, ast.ImportFrom)
    wanted = tuple(_imported(node, alias, tree)) if is_from else ()
    bound = frozenset([_bound(alias)])
    return Statement(node, bound, frozenset(), wanted, ast.unparse(alias))


def _statement(node: ast.stmt, lines: list[str]) -> Statement:
    decorators = node.decorator_list if isinstance(node, Definition) else []
    start = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    hidden = set(_docstring_lines(node, lines))
    shown = (n for n in range(start, node.end_lineno + 1) if n not in hidden)
    code = "\n".join(lines[number - 1] for number in shown)
    used = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    bound = frozenset(_bound_names(node))
    return Statement(node, bound, used, tuple(requests(node)), code)


def _docstring_lines(node: ast.stmt, lines: list[str]) -> Iterator[int]:
    """Yield the numbers of the lines of docstrings, and of a blank line behind each."""
    for each in ast.walk(node):
        if isinstance(each, Definition) and ast.get_docstring(each) and each.body[1:]:
            text = each.body[0]
            blank = not lines[text.end_lineno].strip()
            yield from range(text.lineno, text.end_lineno + 1 + blank)


def requests(code: ast.AST) -> Iterator[Request]:
    """Yield which names of which modules of the course a piece of code imports.

    Of a module that is imported whole, these are the attributes that the code reads.
    """
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield from _imported(node, alias, code)


def _imported(
    node: ast.ImportFrom, alias: ast.alias, scope: ast.AST
) -> Iterator[Request]:
    if node.module.split(".")[0] != PACKAGE:
        return
    child = f"{node.module}.{alias.name}"
    if not (ROOT / f"{child.replace('.', '/')}.py").is_file():
        yield node.module, alias.name
    else:
        attributes = _attributes(scope, _bound(alias))
        yield from ((child, attribute) for attribute in attributes)


def _attributes(scope: ast.AST, name: str) -> list[str]:
    reads = (n for n in ast.walk(scope) if isinstance(n, ast.Attribute))
    owned = (n for n in reads if isinstance(n.value, ast.Name) and n.value.id == name)
    return sorted({n.attr for n in owned})


def without(file: Path, packages: set[str]) -> str:
    """Return a module without all that its imports of these packages serve."""
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    module = _module(name)
    return module.source(module.names - _dependent(name, packages))


def _dependent(name: str, packages: set[str]) -> set[str]:
    """Return the names of a module that would be missing without these packages."""

    def depends(statement: Statement) -> bool:
        return (
            bool(statement.used & found)
            or statement.package in packages
            or any(
                wanted in _dependent(other, packages)
                for other, wanted in statement.requests
                if other != name
            )
        )

    found, statements = set(), _module(name).statements
    while new := set().union(*(s.bound for s in statements if depends(s))) - found:
        found |= new
    return found


def imported(*codes: str) -> set[str]:
    """Return the names of the packages that codes import."""
    found = set()
    for node in (node for code in codes for node in ast.walk(ast.parse(code))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


def needed_modules(codes: list[str]) -> dict[str, str]:
    """Return the source of each module that code imports, what it imports first.

    Raises
    ------
    PageError
        When a module does not exist or lacks a name that is imported.

    """
    needed = _closure(requests(ast.parse("\n".join(codes))))
    sources: dict[str, str] = {}

    def add(name: str) -> None:
        if name in sources:
            return
        module = _module(name)
        for statement in module.statements:
            if isinstance(statement.node, Import) and statement.bound & needed[name]:
                for imported in {m for m, _ in statement.requests} & needed.keys():
                    add(imported)
        sources[name] = module.source(needed[name])

    for name in sorted(needed):
        add(name)
    return sources


def _closure(first: Iterable[Request]) -> dict[str, set[str]]:
    needed: dict[str, set[str]] = {}
    waiting = list(first)
    while waiting:
        name, wanted = waiting.pop()
        if wanted in needed.setdefault(name, set()):
            continue
        needed[name].add(wanted)
        module = _module(name)
        if module is None:
            raise PageError(ROOT / name.replace(".", "/"), 1, "no such module")
        if wanted not in module.names:
            raise PageError(module.file, 1, f"defines no {wanted!r}, which is imported")
        for statement in module.statements:
            if wanted in statement.bound:
                waiting += statement.requests
                waiting += [(name, used) for used in statement.used & module.names]
    return needed
