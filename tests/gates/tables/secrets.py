"""NoSecrets: every kind of secret, and what only looks like one. None here is real or in one piece."""

import base64
import json

from tests.gates.tables.row import Row, adds

DRAWN = "q7Zt2Lw9Xc4Vb8Nm3Kj6Hg5Fd1Sa0PoIuYtRe"  # characters that no alphabet holds in this order
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
LETTERS = "".join(letter for letter in DRAWN * 3 if letter.isalpha())
BODY = "\n".join([(DRAWN + HEX)[:64]] * 4)
KEY = "-----BEGIN RSA PRIVATE " + "KEY-----"
KEY_END = "-----END RSA PRIVATE " + "KEY-----"


def part(value: object) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


JWT = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': 'ada', 'admin': True})}.{DRAWN}"

FOUND: tuple[Row, ...] = (
    adds("openai_key", "a.py", f'client = OpenAI("sk-{"proj"}-{DRAWN}")'),
    adds("openai_key", "a.py", f"# left over: sk-{'proj'}-{DRAWN}"),
    adds("openai_key", "a.py", f'"sk-{DRAWN[:20]}{"T3Blbk"}FJ{(DRAWN + HEX)[18:38]}"'),
    adds("anthropic_key", "a.ts", f"const k = 'sk-{'ant'}-api03-{DRAWN}';"),
    adds("github_token", "a.sh", f"git clone https://x:{'ghp'}_{DRAWN[:36]}@github.com/a/b"),
    adds("github_token", "README.md", f"Use {'github'}_pat_{DRAWN}"),
    adds("github_token", "tests/test_a.py", f'TOKEN = "{"ghs"}_{DRAWN[:36]}"'),
    adds("gitlab_token", "a.py", f'T = "glpat-{DRAWN[:20]}"'),
    adds("aws_key", "a.py", f'K = "{"AKIA"}QWZX7LMN2PRT5VBC"'),
    adds("aws_key", "a.tf", f'aws_secret_access_key = "{(DRAWN + HEX)[:40]}"'),
    adds("azure_key", "a.cs", f'"DefaultEndpointsProtocol=https;AccountKey={(DRAWN + HEX)[:86]}=="'),
    adds("google_key", "a.js", f"maps('{'AIza'}{DRAWN[:35]}')"),
    adds("google_key", "a.py", f'S = "{"GOCSPX"}-{DRAWN[:28]}"'),
    adds("slack_token", "a.py", f'T = "{"xoxb"}-1723984650-{DRAWN[:24]}"'),
    adds(
        "slack_token", "a.py", f'U = "https://hooks.slack.com/services/T{HEX[:8]}/B{HEX[8:16]}/{DRAWN[:24]}"'
    ),
    adds("stripe_key", "a.rb", f"Stripe.api_key = '{'sk'}_live_{DRAWN[:24]}'"),
    adds("stripe_key", "a.ts", f"const w = '{'whsec'}_{DRAWN[:32]}'"),
    adds("npm_token", ".ci/x.sh", f"echo //registry/:_authToken={'npm'}_{DRAWN[:36]}"),
    adds("pypi_token", "a.sh", f"{'pypi'}-AgEIcHlwaS5vcmc{DRAWN}{DRAWN}"),
    adds("sendgrid_key", "a.py", f'"SG.{DRAWN[:22]}.{(DRAWN + HEX)[:43]}"'),
    adds("mailchimp_key", "a.py", f'"{HEX[:32]}-us14"'),
    adds("square_secret", "a.py", f'"{"sq0csp"}-{(DRAWN + HEX)[:43]}"'),
    adds("twilio_key", "a.py", f'"{"SK"}{HEX[:32]}"'),
    adds("telegram_token", "a.py", f'"{"617283945"}:{DRAWN[:35]}"'),
    adds("discord_token", "a.py", f'"M{DRAWN[:23]}.{DRAWN[:6]}.{DRAWN[:27]}"'),
    adds("huggingface_token", "a.py", f'"{"hf"}_{LETTERS[:34]}"'),
    adds("dream_token", "a.py", f'"{"dream"}_{LETTERS[:49]}"'),
    adds("digitalocean_token", "a.py", f'"{"dop"}_v1_{HEX}"'),
    adds("private_key", "deploy.txt", f"{KEY}\n{BODY}\nabc=\n{KEY_END}\n"),
    adds("private_key", "a.py", f'K = """{KEY}\n{BODY}\n{KEY_END}"""\n'),
    adds("private_key", "a.json", json.dumps({"key": f"{KEY}\n{BODY}\n{KEY_END}\n"})),
    adds("private_key", "cut.txt", f"{KEY}\n{BODY}\n"),
    adds("json_web_token", "a.ts", f"const t = '{JWT}';"),
    adds("database_url", "a.py", f'connect("postgresql+psycopg://shop:{DRAWN[:12]}@db.acme.io:5432/shop")'),
    adds("database_url", "compose.txt", f"REDIS=rediss://:{DRAWN[:12]}@cache.acme.io/0"),
    adds("basic_auth_url", "a.sh", f"curl https://ada:{DRAWN[:10]}@api.acme.io/v1"),
    adds("secret_assigned", "a.py", f'api_key = "{HEX[:32]}"'),
    adds(
        "secret_assigned", "a.ts", f"const clientSecret: string = 'x'; config = {{ authToken: '{DRAWN}' }};"
    ),
    adds("secret_assigned", "settings.yaml", f"db:\n  password: {DRAWN[:20]}\n"),
    adds("secret_assigned", "a.toml", f'signing-key = "{DRAWN[:24]}"'),
    adds("secret_file", ".env", "DEBUG=1\n"),
    adds("secret_file", "certs/server.pem", "x\n"),
    adds("secret_unscanned", "big.txt", "a line of words\n" * 130_000),
    Row(
        "github_token",
        {"a.py": f'A = 1\nT = "{"ghp"}_{DRAWN[:36]}"\n'},
        {"a.py": "A = 1\n"},
        note="a line among others",
    ),
    adds("github_token", "a.py", 'T = "[masked: github_token]"'),
)

NOT_FOUND: tuple[Row, ...] = (
    # the false positives of the old system's SECRET|PASSWORD|TOKEN
    adds(
        "", "a.ts", "const tokens = tokenize(text); let secretary = 'Miss Moneypenny'; passwordField.focus();"
    ),
    adds("", "a.ts", "const key = process.env.SECRET_TOKEN; const t = c.env.API_TOKEN;"),
    adds("", "a.py", 'password = os.environ["DB_PASSWORD"]\ntoken = request.headers["Authorization"]'),
    adds(
        "",
        "a.py",
        "secret = secrets.token_urlsafe(32)\nTOKEN_URL = 'https://acme.io/oauth/token/v2/9f86d0818'",
    ),
    adds("", "a.py", 'PASSWORD_RESET_TOKEN_FIELD = "password_reset_token_2_field_9_b3"'),
    # placeholders
    adds(
        "",
        "a.env.example",
        "API_KEY=changeme\nSECRET_KEY=<your-secret-key-goes-here>\nTOKEN=xxxxxxxxxxxxxxxxxxxx",
    ),
    adds("", "README.md", 'export OPENAI_API_KEY="sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxx"'),
    adds("", "a.py", 'AWS_KEY = "AKIAIOSFODNN7EXAMPLE"  # of the manual'),
    adds("", "a.yaml", "password: ${DB_PASSWORD}\ntoken: {{ vault.token_9f86d081884c7d65 }}"),
    adds("", "a.sh", 'TOKEN="$GITHUB_TOKEN" PASSWORD="$(pass show db)"'),
    adds("", "a.py", 'DATABASE_URL = "postgres://postgres:postgres@localhost:5432/app"'),
    adds("", "a.md", "Open https://user:password@example.com/ or postgres://user:secret99@db.example.org/x"),
    adds("", "a.py", f'url = f"https://{{user}}:{{password}}@{{host}}/"\nsha = "{HEX}"'),
    # hashes, in lock files and elsewhere
    adds("", "package-lock.json", f'"integrity": "sha512-{DRAWN}{DRAWN}==", "token": "{HEX}"'),
    adds("", "uv.lock", f'hash = "sha256:{HEX}"'),
    adds("", "a.py", f'TOKEN_SHA256 = "{HEX}"\nsecret_checksum = "{HEX}"\nCOMMIT = "{HEX[:40]}"'),
    adds("", "a.html", f'<script integrity="sha384-{DRAWN}{DRAWN[:26]}"></script>'),
    # what tests make up
    adds("", "tests/test_auth.py", 'client.login(password="correct horse battery staple 1a2b3c")'),
    adds("", "tests/fixtures/user.py", 'token = "t0k3n-0f-4d4-1n-t3sts"'),
    adds("", "a_test.go", 'apiKey := "abcdefghijklmnop1234567890"'),
    adds("", "tests/test_a.py", 'TOKEN = "ghp_' + "a1" * 3 + "0" * 30 + '"'),
    # code that speaks of keys
    adds("", "a.py", f'if text.startswith("{KEY}"):\n    raise ValueError("a private key")\n'),
    adds("", "a.py", 'HEADER = "eyJhbGciOi"  # how every JWT begins\nparts = token.split(".")'),
    adds("", "a.py", "ask-proj-managers-about-the-long-running-meeting-on-tuesday"),
    adds("", "logo.svg", f'<image href="data:image/png;base64,{DRAWN}{HEX}{DRAWN}"/>'),
    adds("", ".env.example", "DEBUG=1\n"),
    # what was there before, and what goes
    Row(
        "", {"a.py": f'T = "{"ghp"}_{DRAWN[:36]}"\nA = 2\n'}, {"a.py": f'T = "{"ghp"}_{DRAWN[:36]}"\nA = 1\n'}
    ),
    Row("", {"a.py": "A = 1\n"}, {"a.py": f'A = 1\nT = "{"ghp"}_{DRAWN[:36]}"\n'}, note="a secret goes"),
    Row("", {"old.py": None, "b.py": "B = 1\n"}, {"old.py": f'T = "{"ghp"}_{DRAWN[:36]}"\n'}),
)

TABLE = (*FOUND, *NOT_FOUND)
