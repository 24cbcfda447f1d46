"""Nine specs that people wrote, against what a careful reader says of each.

They lie beside the repository (`../shared/specs`) and are not part of it. Without them this file has no
tests; the structures they hold are covered by the small texts of the other files. The folder's own README
is a description and not one of the nine. Two of the nine are not really specs: `code-mode-mcp`, a chat with
two half-fenced documents in it, and `pricing-model-v3`, a decision paper.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from specs.criteria import Source, criteria, criteria_source
from specs.lint import not_understood
from specs.parsed import ParsedSpec
from specs.parser import UNTITLED, parse

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "specs"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a careful reader says. `says` are words of warnings that must be there."""

    reading: str
    title: str
    source: Source
    criteria: int
    first: str
    last: str
    steps: int = 0
    files: int = 0
    commands: int = 0
    out_of_scope: int = 0
    paths: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


EXPECTED = {
    "W7-S1-pricing-rewrite": Expected(
        reading=(
            "A task in nine numbered steps over nine files, checked by a build, tests and five "
            "greps that must find nothing. No acceptance criteria: the steps serve. The rest is "
            "book-keeping elsewhere."
        ),
        title="W7-S1: Pricing Model Rewrite — Free(€0) / Pro(€5/mo)",
        source="steps",
        criteria=9,
        first="Rewrite src/lib/pricing.ts",
        last="Cleanup",
        steps=9,
        files=9,
        commands=7,
        paths=("src/lib/pricing.ts", "src/components/pricing/PricingTable.tsx"),
    ),
    "code-mode-mcp": Expected(
        reading=(
            "NOT a spec: a chat whose answers hold two documents, their fences broken, so most of "
            "both is lost as code. What can be read is a first phase of five points and two that "
            "are out of scope."
        ),
        title=UNTITLED,
        source="requirements",
        criteria=5,
        first="Connect to official Cloudflare MCP server (https://mcp.cloudflare.com/mcp)",
        last="Basic test command in Telegram: /cloudflare whoami",
        files=10,
        out_of_scope=2,
        paths=("src/lib/skills/cloudflare-code-mode.ts", "storia-agent/wrangler.toml"),
        says=("chat transcript", "no title", "never closed", "before the first heading"),
    ),
    "codex-prompt-5.3-sandbox": Expected(
        reading=(
            "A task in six numbered parts over five files, one of them a new test file no part "
            "names. It cites a paper for its reasons but repeats what matters."
        ),
        title="Codex Task: Phase 5.3 — Acontext Sandbox for Code Execution",
        source="steps",
        criteria=7,
        first="Extend Acontext Client (src/acontext/client.ts)",
        last="src/acontext/sandbox.test.ts: New test file",
        steps=6,
        files=5,
        commands=2,
        paths=("src/openrouter/tools.ts", "src/acontext/sandbox.test.ts"),
    ),
    "codex-prompt-5.4-disk": Expected(
        reading=("The sister of 5.3: six parts, five files, three of which no part names."),
        title="Codex Task: Phase 5.4 — Acontext Disk for File Management",
        source="steps",
        criteria=9,
        first="Extend Acontext Client (src/acontext/client.ts)",
        last="src/acontext/disk.test.ts: New test file",
        steps=6,
        files=5,
        commands=2,
        paths=("src/telegram/handler.ts", "src/acontext/disk.test.ts"),
    ),
    "mobile-ux-improvements": Expected(
        reading=(
            "The short old form: three requirements, two routes, two database changes, three components."
        ),
        title="Mobile UX Improvements",
        source="requirements",
        criteria=10,
        first="Add responsive breakpoints for mobile screens",
        last="UI component: BottomSheet modal",
    ),
    "pricing-model-v3": Expected(
        reading=(
            "NOT a spec: a decision paper with projections and risks. Its ten files and four clean- "
            "ups are all that could be built, and W7-S1 is the task made from it."
        ),
        title="Storia Digital — Pricing Model v3.0",
        source="steps",
        criteria=14,
        first="src/lib/pricing.ts: Rewrite: 2 tiers free/pro at €5. New feature definitions.",
        last="Stripe dashboard — Create new Pro product at €5/mo. Archive Deep Mode product.",
        files=14,
        paths=("src/lib/feature-gates.ts",),
        says=("decision paper (Decision, Rationale", "Conversion Triggers", "Revenue Projections"),
    ),
    "sprint-0-workers-ai-infra": Expected(
        reading=(
            "A task of eight steps (0 to 7) with ten acceptance criteria. The files it lists are to "
            "be read, not changed. It says to copy §4.2 of a paper that is not there."
        ),
        title="Claude Code Prompt: Sprint 0 — Workers AI Infrastructure",
        source="acceptance",
        criteria=10,
        first="npm run build passes",
        last="No new npm dependencies (Workers AI and Vectorize are native CF bindings)",
        steps=8,
        says=("§4.2 of another document",),
    ),
    "sprint-1-schema-embeddings": Expected(
        reading=(
            "A task of six steps over nine files with nine acceptance criteria. The SQL of step 1 "
            "is to be copied from §8.1 of a paper that is not there: without it nobody can build "
            "this."
        ),
        title="Claude Code Prompt: Sprint 1 — Schema + Embeddings + Quality Gate",
        source="acceptance",
        criteria=9,
        first="npm run build passes",
        last="No new npm dependencies",
        steps=6,
        files=9,
        paths=("drizzle/migrations/0024_coaching_knowledge.sql", "src/lib/schema.ts"),
        says=("Line 34: §8.1 of another document",),
    ),
    "sprint-3-capture-reuse": Expected(
        reading=("A task of five steps over eight files with ten acceptance criteria, on top of sprint 2."),
        title="Claude Code Prompt: Sprint 3 — Capture Flow + CIS Knowledge Cards",
        source="acceptance",
        criteria=10,
        first="npm run build passes, npm run test passes",
        last="No new npm dependencies",
        steps=5,
        files=8,
        paths=("src/store/coaching-store.ts", "src/components/cockpit/WindshieldViewport.tsx"),
    ),
}
NOT_SPECS = {"code-mode-mcp", "pricing-model-v3"}
PRESENT = [name for name in EXPECTED if (FOLDER / f"{name}.md").exists()]


def parsed(name: str) -> ParsedSpec:
    return parse((FOLDER / f"{name}.md").read_bytes().decode())


if PRESENT:

    @pytest.mark.parametrize("name", PRESENT)
    def test_a_real_spec_reads_as_a_careful_reader_reads_it(name: str) -> None:
        spec, expected = parsed(name), EXPECTED[name]
        found = criteria(spec)
        assert spec.title == expected.title, expected.reading
        assert criteria_source(spec) == expected.source, expected.reading
        assert (len(found), found[0], found[-1]) == (expected.criteria, expected.first, expected.last)
        assert (len(spec.steps), len(spec.files)) == (expected.steps, expected.files)
        assert (len(spec.verification), len(spec.out_of_scope)) == (expected.commands, expected.out_of_scope)
        assert {change.path for change in spec.files} >= set(expected.paths)

    @pytest.mark.parametrize("name", PRESENT)
    def test_lint_says_what_of_a_real_spec_is_not_understood(name: str) -> None:
        warnings = "\n".join(not_understood(parsed(name)))
        assert all(words in warnings for words in EXPECTED[name].says), warnings
        not_a_spec = "chat transcript" in warnings or "decision paper" in warnings
        assert not_a_spec == (name in NOT_SPECS)
        if not EXPECTED[name].says and "§" not in warnings:
            assert not warnings

    @pytest.mark.parametrize("name", PRESENT)
    def test_a_real_spec_reads_the_same_with_other_line_endings(name: str) -> None:
        text = (FOLDER / f"{name}.md").read_bytes().decode()
        assert parse(text.replace("\n", "\r\n")) == parse(text)
