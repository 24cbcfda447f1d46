"""AllowedPaths: what a yes can mend. Paths that no yes can mend are in test_allowed_paths.py."""

from tests.gates.tables.row import Row, adds

PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
DJANGO = "from django.db import migrations\n\nclass Migration(migrations.Migration):\n    operations = []\n"

TABLE: tuple[Row, ...] = (
    adds("protected_path", ".github/workflows/ci.yml", "on: push\n"),
    adds("", "docs/github/workflows.md", "on: push\n"),
    # text that hides
    adds("hidden_text", "a.py", "access = 'user\u202e \u2066# admin only\u2069 \u2066'\n"),
    adds("hidden_text", "a.ts", "if (role !== 'admin\u200b') {}\n"),
    adds("hidden_text", "a.py", "pass\u00adword = 1\n"),
    adds("hidden_text", "README.md", "Ignore\U000e0041\U000e0042 this\n"),
    adds("hidden_text", "a.py", "def che\u200dck(): return 1\n"),
    adds("hidden_text", "a.py", "x = 1\n\ufeffy = 2\n"),
    adds("", "a.py", "\ufeffx = 'Zo\u00eb \u65e5\u672c\u8a9e \u05e9\u05dc\u05d5\u05dd'\n"),
    adds("", "a.md", "\U0001f469\u200d\U0001f4bb \U0001f3f3\ufe0f\u200d\U0001f308\n"),
    adds("", "fa.md", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\n"),
    Row("", {"a.py": "x = '\u200b'\ny = 2\n"}, {"a.py": "x = '\u200b'\ny = 1\n"}, note="it was there before"),
    Row("", {"a.py": "y = 1\n"}, {"a.py": "x = '\u202e'\ny = 1\n"}, note="it goes"),
    # what nobody can read
    adds("binary_file", "logo.png", PICTURE),
    Row("binary_file", {"logo.png": PICTURE + b"\1"}, {"logo.png": PICTURE}, note="another picture"),
    Row("", {"logo.png": None, "a": "x"}, {"logo.png": PICTURE}, note="a picture goes"),
    adds("large_file", "data.csv", f"{'1,' * 1_000_000}\n"),
    adds("", "data.csv", f"{'1,' * 10_000}\n"),
    Row("many_files", {f"src/m{number}.py": "x = 1\n" for number in range(21)}, note="21 files"),
    Row("", {f"src/m{number}.py": "x = 1\n" for number in range(20)}, note="20 files"),
    adds("many_lines", "a.py", "x = 1\n" * 1001),
    adds("", "a.py", "x = 1\n" * 1000),
    # migrations
    adds("migration", "shop/migrations/0002_add_name.py", DJANGO),
    adds("migration", "alembic/versions/1a2b_add_name.py", "revision = '1a2b'\ndown_revision = None\n"),
    adds(
        "migration",
        "db/migrate/20260101000000_add_name.rb",
        "class AddName < ActiveRecord::Migration[7.1]\nend\n",
    ),
    Row("migration", {"db/schema.rb": "create_table :b\n"}, {"db/schema.rb": "create_table :a\n"}),
    adds("migration", "prisma/migrations/2026_add/migration.sql", "ALTER TABLE a ADD b TEXT;\n"),
    adds("migration", "prisma/schema.prisma", "model A { id Int @id }\n"),
    adds("migration", "migrations/20260101_add.js", "exports.up = (knex) => knex.schema.createTable('a');\n"),
    adds("migration", "src/migrations/1-add.ts", "export class Add1 { async up(q) {} async down(q) {} }\n"),
    adds("migration", "migrations/003_add.sql", "ALTER TABLE a ADD b TEXT;\n"),
    adds("migration", "src/main/resources/db/migration/V2__add.sql", "ALTER TABLE a ADD b TEXT;\n"),
    Row("migration", {"migrations/003_add.sql": None}, {"migrations/003_add.sql": "SELECT 1;\n", "a": "x"}),
    adds("", "migrations/README.md", "ALTER TABLE a ADD b TEXT;\n"),
    adds("", "shop/migrations/__init__.py", ""),
    adds("", "src/queries/list.sql", "SELECT 1;\n"),
    adds("", "packages/versions/compare.py", "def compare(a, b):\n    return a > b\n"),
    adds("", "birds/migrations/map.ts", "export const routes = ['Africa'];\n"),
)
