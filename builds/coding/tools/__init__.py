"""The nine tools, in one table. No shell, no git, no web."""

from typing import Any

from builds.coding.desk import Tool
from builds.coding.tools.check import CHECK
from builds.coding.tools.edit import EDIT
from builds.coding.tools.finish import FINISH
from builds.coding.tools.list_files import LIST_FILES
from builds.coding.tools.outline import OUTLINE
from builds.coding.tools.read import READ
from builds.coding.tools.remove import REMOVE
from builds.coding.tools.search import SEARCH
from builds.coding.tools.write import WRITE

TOOLS: tuple[Tool[Any], ...] = (LIST_FILES, SEARCH, OUTLINE, READ, EDIT, WRITE, REMOVE, CHECK, FINISH)
"""In the order a model reads them; part of the prompt's stable prefix."""

BY_NAME = {tool.name: tool for tool in TOOLS}
