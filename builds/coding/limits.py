"""Every number that bounds an item, in one table. Starting points: measure, then change them here."""

# One item
SOFT_CALLS = (
    18  # 99 % of a frontier model's wins on a whole issue end within 30 calls; an item is half an issue
)
HARD_CALLS = 25
LAST_CALLS = 2  # a second reminder when so many are left
ITEM_SECONDS = 20 * 60
REPAIR_ROUNDS = 2  # the first two tries give about 90 % of what repairing gives
NUDGE_AT = 3  # the same call
STOP_AT = 5
IDLE_CALLS = 8  # without a new diff, a new check result or anything newly read
FORMAT_ERRORS = 3  # in a row
MAX_TOKENS = 8000

# What a model is shown, in characters unless said otherwise
CONTEXT_TOKENS = 60_000  # counted as bytes / 4
OPENING_TOKENS = 35_000  # of them for the task itself; files that do not fit are outlined
COMPACTED_TOKENS = 45_000  # cut down to this at once, so that the prefix then stays the same for a while
KEPT_TURNS = 6
SPEC_CHARACTERS = 24_000
INSTRUCTIONS_CHARACTERS = 8_000
DIFF_CHARACTERS = 24_000  # of all earlier items, the first ones first
ITEM_DIFF_CHARACTERS = 6_000  # of one of them
WHY_CHARACTERS = 8_000
NAMED_FILES = 12
WHOLE_FILE_LINES = 400  # longer ones are outlined
OUTPUT_ENDS = 5_000  # of a check: so many from the start and so many from the end

# Tools
LIST_ENTRIES = 200
SEARCH_FILES = 50
SEARCH_LINES = 40
SEARCH_WIDTH = 200
SEARCH_SECONDS = 10
READ_LINES = 250
READ_CHARACTERS = 14_000
NEAREST_LINES = 12
WRITE_LINES = 200  # an existing file that is longer is edited, not rewritten
OUTLINE_SYMBOLS = 300
FILE_BYTES = 2_000_000
