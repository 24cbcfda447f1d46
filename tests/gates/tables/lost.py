"""NothingLost, first half: content that goes, and code that only pretends."""

from tests.gates.tables.row import Row, adds

LINES = "".join(f"price_{number} = look_up('article {number}', discount_{number})\n" for number in range(30))
MORE = "".join(f"stock_{number} = count('shelf {number}', warehouse_{number})\n" for number in range(30))
LONG = "".join(f"row_{number} = {number}\n" for number in range(300))
PROSE = "".join(f"Sentence number {number} says something.\n" for number in range(30))

CONTENT: tuple[Row, ...] = (
    Row("file_removed", {"a.py": None, "b.txt": "x"}, {"a.py": LINES}),
    Row("file_removed", {"docs/guide.md": None, "b.txt": "x"}, {"docs/guide.md": PROSE}),
    Row(
        "", {"a.py": None, "pkg/a.py": LINES, "main.py": "from pkg import a\n"}, {"a.py": LINES}, note="moved"
    ),
    Row("", {"a.py": None, "b.txt": "x"}, {"a.py": "x = 1\n" * 5}, note="short"),
    Row("", {"yarn.lock": None, "b.txt": "x"}, {"yarn.lock": LINES}),
    Row("file_shrunk", {"a.py": "".join(LINES.splitlines(keepends=True)[:5])}, {"a.py": LINES}),
    Row("file_shrunk", {"README.md": "See the wiki.\n"}, {"README.md": PROSE}),
    Row("file_shrunk", {"a.py": "\n" * 40 + "x = 1\n"}, {"a.py": LINES}, note="blank lines are none"),
    Row("", {"a.py": "from b import *\n", "b.py": LINES}, {"a.py": LINES}, note="moved"),
    Row("", {"a.py": "".join(LINES.splitlines(keepends=True)[:15])}, {"a.py": LINES}, note="half is left"),
    Row("identifiers_lost", {"a.py": MORE}, {"a.py": LINES}, note="as long, but other names"),
    Row("", {"a.py": MORE, "main.py": "import a\n" + LINES}, {"a.py": LINES}, note="names moved"),
    Row("", {"a.py": LINES.replace("look_up", "find")}, {"a.py": LINES}, note="one name changes everywhere"),
    Row("literals_lost", {"a.py": LINES.replace("'article ", "'ware ")}, {"a.py": LINES}),
    Row("", {"a.py": LINES.replace("'article 1", "'ware 1")}, {"a.py": LINES}, note="a third of the texts"),
    Row(
        "net_deletion",
        {f"m{part}.py": "".join(LONG.splitlines(keepends=True)[part::2]) for part in (0, 1)},
        {f"m{part}.py": LONG for part in (0, 1)},
        note="half of two long files",
    ),
    Row("", {"m.py": "".join(LONG.splitlines(keepends=True)[:200])}, {"m.py": LONG}, note="a third"),
    Row("", {"m.py": LONG}, {"m.py": LONG + "x = 1\n" * 90}, note="ninety lines"),
)

PRETENDED: tuple[Row, ...] = (
    adds("stub", "main.py", "def export(rows):\n    pass\n"),
    adds("stub", "main.py", "def export(rows):\n    '''Write the rows.'''\n    ...\n"),
    adds("stub", "main.py", "def export(rows):\n    raise " + "NotImplemented" + "Error('later')\n"),
    adds("stub", "main.py", "class A:\n    async def export(self, rows):\n        '''Soon.'''\n"),
    adds("stub", "main.ts", "export function save(a: string) { throw new Error('Not implemented yet'); }\n"),
    adds("stub", "index.ts", "// Stub for save\nexport {};\n"),
    adds("stub", "migrations/1.sql", "-- add the table here\n-- later\n"),
    adds("stub", "main.py", ""),
    adds("stub", "main.go", "// package main\n"),
    Row(
        "stub",
        {"main.py": "def a():\n    return 1\n\n\ndef b():\n    pass\n"},
        {"main.py": "def a():\n    return 1\n\n\ndef b():\n    return work(2)\n"},
        note="a body is emptied",
    ),
    adds("unfinished", "main.py", "def a():\n    # TO" + "DO: the rest\n    return 1\n"),
    adds("unfinished", "main.ts", "export const a = 1; // FIX" + "ME later\n"),
    adds("dead_module", "shop/prices.py", "def price():\n    return 1\n"),
    adds("dead_module", "src/prices.ts", "export const price = 1;\n"),
    # what is no stub
    adds("", "main.py", "class Full(Exception):\n    pass\n\n\ndef noop():\n    pass\n"),
    adds("", "main.py", "class Port(Protocol):\n    def send(self) -> None: ...\n"),
    adds("", "main.py", "class Base(ABC):\n    @abstractmethod\n    def send(self):\n        pass\n"),
    adds("", "main.py", "@overload\ndef a(x: int) -> int: ...\ndef a(x):\n    return x\n"),
    adds("", "main.py", "class A:\n    def __exit__(self, *_):\n        pass\n"),
    adds("", "main.ts", "export const ignore = () => {};\nclass A { constructor(private x: B) {} }\n"),
    adds("", "main.py", "try:\n    work()\nexcept KeyError:\n    pass\n"),
    adds("", "main.py", "text = 'TO" + "DO list'\nTO" + "DO_PATH = 'todo.txt'\n"),
    adds("", "shop/__init__.py", ""),
    adds("", "typings/a.d.ts", "// nothing to declare\n"),
    Row("", {"a.py": "def a():\n    pass\n\nx = 2\n"}, {"a.py": "def a():\n    pass\n\nx = 1\n"}),
    # what is used
    Row("", {"shop/prices.py": "def price():\n    return 1\n", "shop/cart.py": "from shop import prices\n"},
        {"shop/cart.py": "x = 1\n"}),
    Row("", {"src/prices.ts": "export const p = 1;\n", "src/cart.ts": "import { p } from './prices.js';\n"},
        {"src/cart.ts": "x\n"}),
    Row("", {"lib/money.py": "def f():\n    return 1\n",
             "tests/test_money.py": "from lib import money\n\ndef test_f():\n    assert money.f() == 1\n"}),
    adds("", "shop/management/commands/close.py", "def handle():\n    return 1\n"),
    adds("", "pages/about.tsx", "export default () => <p>About</p>;\n"),
    adds("", "shop/report.py", "def main():\n    return 1\n\nif __name__ == '__main__':\n    main()\n"),
    adds("", "vite.config.ts", "export default {};\n"),
)  # fmt: skip

TABLE = (*CONTENT, *PRETENDED)
