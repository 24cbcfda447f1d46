"""The names that people give to the sections of a spec, as patterns over plain lower-case words."""

import re
from typing import Literal

Kind = Literal[
    "title",
    "overview",
    "context",
    "requirements",
    "steps",
    "step",
    "detail",  # a part of the step above it
    "files",
    "api",
    "database",
    "ui",
    "acceptance",
    "verification",
    "constraints",
    "out_of_scope",
    "afterwards",
    "unknown",
]

# The kinds are asked in this order: "Non-functional requirements" is a constraint before it is a requirement.
# A name must match the whole heading, so that "API keys" is no list of routes.
_NAMES: dict[Kind, tuple[str, ...]] = {
    "out_of_scope": (
        r"(explicitly )?(out of|not in) scope( .*)?",
        r"(non|anti) ?goals?( .*)?",
        r"won t( have| do| fix)?|will not do|not doing",
        r"not included|excluded|exclusions|no gos?",
        r"what (this|we|it) (won t|will not|does not|doesn t) .*",
    ),
    "afterwards": (
        r"after (completion|finishing|merge|merging|this|that|the build|you re done|you are done)",
        r"(when|once) (you re )?(done|complete|completed|finished)|post merge.*",
        r"queue|what s next|up next|follow ups?( .*)?|deferred( .*)?",
        r"(the )?next( \d+)?( (steps?|tasks?|phases?|sprints?|ideas|up))*",
        r"(future|later)( (work|ideas|improvements|phases?|enhancements|considerations))?",
    ),
    "acceptance": (
        r"((final|overall|key) )?acceptance( (criteria|criterion|tests?|checklist|conditions))?( for .*)?",
        r"(success|exit|completion|done) criteria( for .*)?|criteria( for .*)?",
        r"definition of done|dod|done when|conditions of satisfaction",
        r"expected (behaviors?|behaviours?|results?|outcomes?)",
    ),
    "constraints": (
        r"((technical|design|security|performance) )?constraints?",
        r"non ?functional requirements|guard ?rails|limits|limitations|invariants",
        r"((coding|ground|hard) )?rules|do not( .*)?|don t( .*)?|important( notes?)?",
        r"(security|performance)( (notes|considerations))?",
    ),
    "verification": (
        (
            r"((manual|automated|unit|integration|end to end|e2e|final|local|smoke|regression) )*"
            r"(verification|verify|validation|testing|tests?|qa)"
            r"( (plan|steps?|commands?|cases?|strategy|requirements|checklist|instructions|notes))?"
        ),
        r"how to (test|verify|validate)( .*)?|test commands? .*",
    ),
    "context": (
        (
            r"((technical|system|high level|solution|user|prior) )?"
            r"(context|background|rationale|architecture|design|notes?|research|assumptions)"
            r"( (and|of|for) .*)?"
        ),
        r"(current|existing|actual) (state|status|behavior|behaviour|logic|situation|results?)",
        r"pre ?read(ing)?|read (first|these .*|before .*)|existing patterns( .*)?",
        r"((key|existing) )*files to (study|read|review|look at)( .*)?",
        r"references?|links|resources|related( .*)?|see also|glossary|(open )?questions",
        r"risks?( .*)?|decisions?|alternatives( considered)?|dependencies|prerequisites",
        r"(steps|how) to reproduce|reproduction( steps)?",
        r"changelog|((revision|version) )?history|metadata|spec|specification",
    ),
    "overview": (
        (
            r"((executive|short|project|feature) )?"
            r"(overview|summary|description|abstract|introduction|intro|tl ?dr)( of .*)?"
        ),
        r"((main|primary|project|business) )?(goals?|objectives?|purpose|aims?|mission)( of .*)?",
        r"(the )?problem( statement)?|motivation|why( .*)?",
    ),
    "files": (
        r"((key|main|affected|relevant|new|changed|modified|all) )*files?( (affected|touched|changed))?",
        (
            r"((key|main|new|existing|all|source) )*(files?|modules|components) (to )?(be )?"
            r"((change|update|modify|create|add|edit|touch|delete|remove|extend|rewrite)d? ?(and |or )?)+"
        ),
    ),
    "steps": (
        (
            r"((required|detailed|technical|proposed) )?"
            r"(implementation( (plan|steps?|details|instructions|order|notes))?|actions?( items)?"
            r"|steps|plan|approach)"
        ),
        r"work ?(plan|items|breakdown)|plan of (action|work)|instructions|procedure|sprint plan",
        r"to ?dos?|tasks?( list)?|checklist|roadmap|phases",
    ),
    "requirements": (
        r"(\w+ ){0,3}(requirements?|features|deliverables)( (for|of|in) .*)?",
        r"(project )?scope( (for|of) .*)?|in scope( .*)?|user stor(y|ies)|must haves?",
        r"what to (build|do|change)|((required|proposed) )?changes|proposal",
    ),
    "api": (
        (
            r"((new|required|proposed|public|rest|http|backend|server) )*"
            r"((api )?(routes?|endpoints?)( (changes|to add|to change))?"
            r"|api( (changes|additions|design|surface))?)"
        ),
    ),
    "database": (
        (
            r"((new|required|proposed|sql|d1) )*(database|db)"
            r"( (changes?|schema|schema changes|migrations?|tables?|updates|design))?"
        ),
        r"((new|required|proposed|sql|d1) )*(migrations?|schema( changes)?|tables)",
    ),
    "ui": (
        (
            r"((new|required|proposed|user|react|vue) )*"
            r"(ui( ux)?|(ui )?components?|front ?end|(ui |user )interface|screens)"
            r"( (changes|components|updates|design))?"
        ),
    ),
}
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile("|".join(f"(?:{name})" for name in names))) for kind, names in _NAMES.items()
)

STEP = re.compile(r"(?:step|phase|task|part|stage|milestone|priority|sprint) ?\d+[a-z]?(?: .*)?")

# Words that hint at a kind in a heading that none of the names fits.
HINTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(rf"(?:^| )(?:{words})(?: |$)"))
    for label, words in (
        ("out of scope", "scope|non goals?"),
        ("acceptance criteria", "criteria|done"),
        ("API routes", "api|routes?|endpoints?"),
        ("database changes", "database|db|schema|migrations?"),
        ("UI components", "ui|frontend|components?|interface"),
        ("verification", "verification|validation|tests?|testing"),
        ("requirements", "requirements?|features|deliverables"),
        ("files to change", "files?"),
    )
)
