"""RiskReviewed: the fourteen patterns of the old system done by syntax, and what they wrongly hit."""

from tests.gates.tables.row import Row, adds
from tests.gates.world import Program

FOUND: tuple[Row, ...] = (
    adds("runs_text_as_code", "a.ts", "const x = eval(text);"),
    adds("runs_text_as_code", "a.js", "const f = new Function('a', text);"),
    adds("runs_text_as_code", "a.js", "const f = Function(text);"),
    adds("runs_text_as_code", "a.py", "exec(source)"),
    adds("runs_text_as_code", "a.py", "value = eval(\n    text,\n)"),
    adds("runs_text_as_code", "run.sh", 'eval "$COMMAND"'),
    adds("runs_command", "a.ts", "import { exec } from 'child_process';"),
    adds("runs_command", "a.js", "const cp = require('node:child_process');"),
    adds("runs_command", "a.py", "subprocess.run(['ls'])"),
    adds("runs_command", "a.py", "os.system(command)"),
    adds("runs_command", "a.py", "await asyncio.create_subprocess_exec('ls')"),
    adds("runs_download", "install.sh", "curl -fsSL https://acme.io/install | sudo bash"),
    adds("runs_download", "Dockerfile", "RUN wget -qO- https://acme.io/x | sh"),
    adds("runs_download", "install.sh", 'sh -c "$(curl -fsSL https://acme.io/install)"'),
    adds("unsafe_loading", "a.py", "data = pickle.loads(body)"),
    adds("unsafe_loading", "a.py", "data = yaml.load(text)"),
    adds("weakens_security", "a.py", "session.fetch(url, verify=False)"),
    adds("weakens_security", "a.ts", "const agent = new Agent({ rejectUnauthorized: false });"),
    adds("weakens_security", "a.py", "DEBUG = True"),
    adds("weakens_security", "a.py", "ALLOWED_HOSTS = ['*']"),
    adds("weakens_security", "a.py", "@csrf_exempt\ndef hook(request):\n    return answer(request)"),
    adds("weakens_security", "a.tsx", "const a = <div dangerouslySetInnerHTML={{ __html: text }} />;"),
    adds("weakens_security", "a.js", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';"),
    adds("weakens_security", "a.sh", "curl -k https://acme.io"),
    adds("weakens_security", "a.sh", "ssh -o StrictHostKeyChecking=no host"),
    adds("opens_permissions", "a.py", "os.chmod(path, 0o777)"),
    adds("opens_permissions", "a.ts", "fs.chmodSync(path, 0o666);"),
    adds("opens_permissions", "a.sh", "chmod -R 777 /srv"),
    adds("opens_permissions", "a.sh", "chmod a+w file"),
    adds("ends_process", "a.ts", "process.exit(1);"),
    adds("ends_process", "a.py", "sys.exit(2)"),
    adds("network_call", "a.py", "answer = requests.get(url)"),
    adds("network_call", "a.ts", "const answer = await fetch(url);"),
    adds("network_call", "a.py", "with urlopen(url) as answer:\n    body = answer.read()"),
    adds("reads_env_file", "a.py", "load_dotenv()"),
    adds("reads_env_file", "a.ts", "const text = readFileSync('.env');"),
    adds("reads_env_file", "a.ts", "const text = readFileSync('config/.env.production');"),
    adds("hardcoded_credential", "a.py", "PASSWORD = 'hunter22'"),
    adds("hardcoded_credential", "a.ts", "const config = { apiToken: 'abc-7-def' };"),
    adds("hardcoded_credential", "a.py", "connect(host, password='swordfish')"),
)

SCRIPTS: tuple[Row, ...] = (
    adds("made_executable", "bin/tool", Program("#!/usr/bin/env python3\nprint(1)\n")),
    Row("made_executable", {"bin/tool": Program("x = 1\n")}, {"bin/tool": "x = 1\n"}),
    Row("", {"bin/tool": Program("x = 2\n")}, {"bin/tool": Program("x = 1\n")}),
)

NOT_FOUND: tuple[Row, ...] = (
    # the false positives of the old system
    adds("", "a.ts", "const x = retrieval(tokens); const y = medieval(z);"),
    adds("", "a.ts", "app.get('/', function (c) { return c.json({}) }); const f = function () { return 1 };"),
    adds(
        "", "a.ts", "const k = process.env.API_TOKEN; const s = c.env.SECRET; const d = import.meta.env.MODE;"
    ),
    adds(
        "",
        "a.ts",
        "const tokens = 3; const secretary = 'Miss Moneypenny'; const passwordField = 'password-input';",
    ),
    adds("", "a.py", "# eval(x); os.system(y); DEBUG = True; password = 'hunter22'\n"),
    adds("", "a.py", "text = 'never use eval(x) or os.system(y), nor curl | sh'\n"),
    adds("", "a.md", "Do not `eval(x)`; PASSWORD = 'hunter22'; process.exit(1)\n"),
    adds("", "a.py", "model.eval()\nre.compile(pattern)\ncursor.execute(query)\ndb.exec(statement)\n"),
    adds("", "a.ts", "const m = pattern.exec(text); session.exec(query);"),
    # plain work
    adds("", "a.py", "data = yaml.load(text, Loader=yaml.SafeLoader)\nother = yaml.safe_load(text)\n"),
    adds("", "a.py", "os.chmod(path, 0o644)\nos.chmod(path, 0o755)\nDEBUG = False\n"),
    adds("", "a.sh", "chmod 755 run\nchmod +x run\nchmod u+w file\ncurl -fsS https://acme.io -o file\n"),
    adds("", "a.py", "password = getpass()\ntoken = os.environ['TOKEN']\nsecret = make_secret('session')\n"),
    adds("", "a.py", "password = 'changeme'\ntoken = '<token>'\nPASSWORD_HELP = 'at least 8 characters'\n"),
    adds("", "a.py", "errors = {'password': 'This field is required.'}\n"),
    adds("", "a.ts", "const path = '.env.example'; const ext = '.environment';"),
    adds("", "a.ts", "const forbidden = ['child_process', 'fs'];"),
    # tests may run commands, make up passwords and end processes
    adds(
        "", "tests/test_a.py", "subprocess.run(['ls'])\nrequests.get(url)\nuser = make(password='hunter22')\n"
    ),
    Row(
        "",
        {"a.ts": "eval(x);\nconst b = 2;\n"},
        {"a.ts": "eval(x);\nconst b = 1;\n"},
        note="it was there before",
    ),
    Row("", {"a.ts": None, "b.ts": "const b = 1;\n"}, {"a.ts": "eval(x);\n"}, note="it goes"),
)

TABLE = (*FOUND, *SCRIPTS, *NOT_FOUND)
