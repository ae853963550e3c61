"""Find the blocks of a page that a block depends on, by reading their code."""

import ast
import builtins
import re
from functools import cache

# Methods of arrays and texts that change nothing; any other one may.
READING = {*dir(str), *dir(tuple), "all", "any", "argmax", "argmin", "argsort", "copy"}
READING |= {"astype", "cumsum", "dot", "flatten", "get", "item", "items", "keys", "max"}
READING |= {"mean", "min", "nonzero", "prod", "ravel", "repeat", "reshape", "round"}
READING |= {"squeeze", "std", "sum", "tolist", "transpose", "values", "var"}
# A network, or a generator of random numbers, changes wherever it is used.
OBJECT = re.compile(r"\b(default_rng|[A-Z]\w*[a-z]\w*)\(")


def needed(codes: list[str], index: int) -> dict[int, set[str]]:
    """Return the places of the blocks that block `index` needs, itself the last.

    With each come the names that the later ones take from it.
    """
    blocks = [names(code) for code in codes[: index + 1]]
    functions: dict[str, set[str]] = {}
    for block in blocks:
        functions |= block.functions
    wanted: set[str] = set()
    found: dict[int, set[str]] = {}
    for place in range(index, -1, -1):
        block = blocks[place]
        taken = written(codes, place) & wanted
        if place == index or taken:
            found[place] = taken
            wanted -= block.bound
            wanted |= _with_functions(block.read, functions)
    return dict(reversed(found.items()))


def written(codes: list[str], place: int) -> set[str]:
    """Return what a block leaves with another value; objects change when read."""
    modules, objects = modules_and_objects(tuple(codes))
    block = names(codes[place])
    return block.bound | (block.changed - modules) | (block.read & objects)


@cache
def modules_and_objects(codes: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Return the names of all modules and of all objects of a page."""
    blocks = [names(code) for code in codes]
    modules = set().union(*(block.modules for block in blocks))
    return modules, set().union(*(block.objects for block in blocks))


def _with_functions(read: set[str], functions: dict[str, set[str]]) -> set[str]:
    """Add to names that are read what the functions among them read."""
    found, new = set(), set(read)
    while new:
        found |= new
        new = set().union(*(functions.get(name, set()) for name in new)) - found
    return found


@cache
def names(code: str) -> "Names":
    """Return the names of a block; of one that is not Python, none."""
    found = Names()
    try:
        found.visit(ast.parse(code))
    except SyntaxError:
        return Names()
    return found


class Names(ast.NodeVisitor):
    """The names that a block reads from before, binds, and may change.

    `functions` has, for each function, what it reads when it is called.
    """

    def __init__(self, bound: set[str] = frozenset()) -> None:
        self.bound = {*dir(builtins), *bound}
        self.read: set[str] = set()
        self.changed: set[str] = set()
        self.deleted: set[str] = set()
        self.modules: set[str] = set()
        self.objects: set[str] = set()
        self.classes: set[str] = set()
        self.functions: dict[str, set[str]] = {}

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is computed before the names that it gets."""
        order = ["generators", "iter", "value"]
        order += [name for name in node._fields if name not in order]
        for name in order:
            parts = getattr(node, name, None)
            for part in parts if isinstance(parts, list) else [parts]:
                if isinstance(part, ast.AST):
                    self.visit(part)

    def visit_Module(self, node: ast.Module) -> None:
        self.generic_visit(node)
        self.bound -= set(dir(builtins))

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)
            self.changed.add(node.id)
            if isinstance(node.ctx, ast.Del):
                self.deleted.add(node.id)
        elif node.id not in self.bound:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        if OBJECT.search(ast.unparse(node.value)):
            named = (each for each in node.targets if isinstance(each, ast.Name))
            self.objects |= {each.id for each in named}

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit_Assign(ast.Assign([node.target], node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.read.add(node.target.id)
        self.generic_visit(node)

    def visit_If(self, node: ast.If | ast.While | ast.Try) -> None:
        """Forget afterwards what is bound: it may not have run."""
        before = set(self.bound)
        self.generic_visit(node)
        self.bound = before

    visit_While = visit_Try = visit_If

    def visit_ListComp(self, node: ast.ListComp | ast.DictComp) -> None:
        before = set(self.bound), set(self.changed)
        self.generic_visit(node)
        self.bound, self.changed = before

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit(node.args)
        self._define(node.name, _read_inside(node))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self.read |= _read_inside(node) - self.bound

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        read = set()
        for part in ast.iter_child_nodes(node):  # whose names methods do not see
            inner = Names()
            inner.visit(part)
            read |= inner.read.union(*inner.functions.values())
        self._define(node.name, read)
        self.classes.add(node.name)

    def _define(self, name: str, read: set[str]) -> None:
        self.functions[name] = read
        self.read |= read - self.bound - {name}
        self.bound.add(name)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        found = {(each.asname or each.name).split(".")[0] for each in node.names}
        self.bound |= found
        if isinstance(node, ast.Import):
            self.modules |= found

    visit_ImportFrom = visit_Import

    def visit_Expr(self, node: ast.Expr) -> None:
        """Take a call whose value nobody uses for a change of what it is given."""
        self.generic_visit(node)
        call = node.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) != "print":
            self._change(*call.args)
            if isinstance(call.func, ast.Attribute):
                self._change(call.func)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr not in READING:
            self._change(node.func)

    def visit_Subscript(self, node: ast.Subscript | ast.Attribute) -> None:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            self._change(node)

    visit_Attribute = visit_Subscript

    def _change(self, *nodes: ast.expr) -> None:
        for node in nodes:
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            if isinstance(node, ast.Name):
                self.changed.add(node.id)


def _read_inside(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """Return the names that a function reads and does not bind itself."""
    parts = list(ast.walk(function))
    own = {part.arg for part in parts if isinstance(part, ast.arg)}
    bound = (part for part in parts if isinstance(part, ast.Name))
    own |= {name.id for name in bound if not isinstance(name.ctx, ast.Load)}
    inner = Names(own)
    inner.generic_visit(function)
    return inner.read
