"""`DREAM_SANDBOX=none`: a choice that runs nothing, so nothing can look green."""

from pathlib import Path

import pytest

from builds.adapters.sandbox_none import NoSandbox
from builds.ports import Refused
from builds.sandboxed import Limits


def test_none_promises_nothing_and_says_that_it_runs_no_code() -> None:
    assert NoSandbox().probe().ok
    assert not NoSandbox().runs_code


def test_none_refuses_to_run(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="DREAM_SANDBOX=none") as refused:
        NoSandbox().run(["true"], tree=tmp_path, limits=Limits())
    assert refused.value.code == "sandbox_none"
