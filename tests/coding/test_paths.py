"""A path is plain, inside the tree and spelled in one way only."""

import pytest

from builds.coding.paths import PathRefused, check_path, is_git_name


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "empty"),
        ("/etc/passwd", "relative"),
        ("~/x", "relative"),
        ("C:/x", "relative"),
        ("C:x", "relative"),
        ("../x", "leads out"),
        ("src/../../x", "leads out"),
        ("src/..", "leads out"),
        ("./src", "without empty or . parts"),
        ("src//x", "without empty or . parts"),
        ("src/", "without empty or . parts"),
        ("src\\x", "backslash"),
        (".git/config", "git's own folder"),
        (".git", "git's own folder"),
        ("a/.GiT/hooks/x", "git's own folder"),
        ("git~1/config", "git's own folder"),
        ("GIT~2", "git's own folder"),
        (".git./x", "git's own folder"),
        (".git /x", "git's own folder"),
        (".git::$INDEX_ALLOCATION/x", "git's own folder"),
        ("\uff0egit/x", "git's own folder"),
        (".g\u200cit/x", "invisible"),
        ("a\u202etxt.py", "invisible"),
        ("a\0b", "invisible"),
        ("a\nb", "invisible"),
        ("a\x7fb", "invisible"),
        ("raw\udcff", "invisible"),
        ("a/" * 600 + "b", "longer than 1024"),
        ("a" * 256, "longer than 255"),
    ],
)
def test_a_path_that_leads_anywhere_else_is_refused_with_a_reason(path: str, why: str) -> None:
    with pytest.raises(PathRefused, match=why) as caught:
        check_path(path)
    assert caught.value.code == "path_refused"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "path",
    ["src/app.py", ".github/x.yml", ".gitignore", "a b.txt", "\u010daj/\u2615.md", "..x", "digit~1", "ab:c"],
)
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
    assert check_path(path) == path


def test_a_name_is_gits_only_where_a_file_system_would_say_so() -> None:
    assert not any(is_git_name(name) for name in (".github", ".gitignore", "git", "x.git", "git~x"))
