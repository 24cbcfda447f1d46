"""Python: which manifests count, and how pip makes a virtual environment of exactly them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from builds.coding.setup.checkout_package import checkout_package
from builds.coding.setup.poetry_lock import poetry_requirements
from builds.coding.setup.recipe import FOLDER, LISTED, Machine, Recipe, not_supported
from builds.coding.setup.requirements import (
    TESTING,
    found_files,
    has_hashes,
    own_requirements,
    requirement_files,
    table,
    toml,
)
from builds.coding.setup.sources import Source
from builds.coding.setup.uv_lock import uv_requirements

INSIDE = "/opt/dependencies"
PYTHON = f"{INSIDE}/bin/python3"
PIP = f"{PYTHON} {FOLDER}/pip --disable-pip-version-check --no-input --no-color"
INSTALL = f"{PIP} install --progress-bar off --no-cache-dir --no-warn-script-location"
NO_SCRIPTS = " --only-binary :all:"  # a wheel is unpacked; only a source package runs code of its own
LIST = (
    "from importlib.metadata import distributions;"
    'print(*sorted({f"{d.name}=={d.version}" for d in distributions()}), sep="\\n")'
)
LOCKED = f"{FOLDER}/locked.txt"
OWN = f"{FOLDER}/own.txt"
SITE = f'"$({PYTHON} -c \'import sysconfig; print(sysconfig.get_path("purelib"))\')"'


@dataclass(frozen=True)
class Wanted:
    """What is to be installed: the manifests that said so, files for pip, and its arguments, a call each."""

    manifests: tuple[str, ...]
    files: Mapping[str, bytes]
    calls: tuple[str, ...]


def python_recipe(
    source: Source, ask: Callable[[], Machine], *, named: tuple[str, ...] = (), scripts: bool = True
) -> Recipe | None:
    """uv.lock, else poetry.lock, else requirement files with pyproject.toml and setup.cfg; else nothing.

    `named` are requirement files that the repository itself says are the ones. Raises
    Refused("setup_unsupported").
    """
    wanted = (None if named else _from_lock(source, ask)) or _from_files(source, named)
    if wanted is None:
        return None
    name, site = checkout_package(source)
    flags = "" if scripts else NO_SCRIPTS
    return Recipe(
        ecosystem="python",
        manifests=wanted.manifests,
        files={**wanted.files, **site},
        commands=(
            f"python3 -m venv --without-pip {INSIDE}",
            *(f"{INSTALL}{flags} {call}" for call in wanted.calls),
            f"{PYTHON} -c '{LIST}' > {INSIDE}/{LISTED}",
            # A tool for tests may bring the very package that is under test, and would hide the checkout.
            *([f"{PIP} uninstall --quiet --yes {name}"] if name else []),
            f"cp -R {FOLDER}/site/. {SITE}",
        ),
        inside=INSIDE,
        programs=f"{INSIDE}/bin",
        needs_pip=True,
    )


def _from_lock(source: Source, ask: Callable[[], Machine]) -> Wanted | None:
    project = source.read("pyproject.toml")
    for name, read in (("uv.lock", uv_requirements), ("poetry.lock", poetry_requirements)):
        if (lock := source.read(name)) is not None:
            lines = read(lock, project, TESTING, ask().markers)
            if not lines:
                return None
            call = f"--no-deps --require-hashes -r {LOCKED}"
            return Wanted((name, "pyproject.toml"), {LOCKED: lines}, (call,))
    if project is not None and table(toml(project), "tool", "poetry", "dependencies"):
        raise not_supported("pyproject.toml is Poetry's and there is no poetry.lock beside it.")
    return None


def _from_files(source: Source, named: tuple[str, ...]) -> Wanted | None:
    names = named or found_files(source)
    files = requirement_files(source, names)
    top = [name for name in names if name in files]
    if missing := [name for name in named if name not in files]:
        raise not_supported(f".dream/factory.yaml names {', '.join(missing)}, which is not there.")
    hashed = any(has_hashes(data) for data in files.values())
    # With one hash pip wants one for everything, which pyproject.toml cannot give.
    own = () if named or hashed else own_requirements(source, TESTING)
    manifests = tuple(files)
    if own:
        files[OWN] = "".join(f"{line}\n" for line in own).encode()
        manifests += tuple(name for name in ("pyproject.toml", "setup.cfg") if source.read(name))
        top.append(OWN)
    if not any(line.strip() for data in files.values() for line in data.splitlines()):
        return None
    calls = [f"-r {_quoted(name)}" for name in top]
    return Wanted(manifests, files, tuple(calls) if hashed else (" ".join(calls),))


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"
