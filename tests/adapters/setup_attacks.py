"""What the code of a package may try while it is installed, and what must be seen of it."""

from tests.adapters.sandbox_attacks import Attack

# Through the only door: what the proxy answers, and how often it lets something pass.
DOOR = """
def through(request):
    client = socket.socket(socket.AF_UNIX); client.settimeout(5)
    client.connect("/dream/proxy"); client.sendall(request)
    return client.recv(100).split(b"\\r\\n")[0].decode()[9:12]
def asked(target):
    return through(f"CONNECT {target} HTTP/1.1\\r\\n\\r\\n".encode())
"""

SETUP_ATTACKS = [
    Attack(
        name="reach the machine or the internet without the proxy",
        code="print([name for _, name in socket.if_nameindex()], "
        "connected(socket.AF_INET, ('127.0.0.1', facts['port'])), "
        "connected(socket.AF_INET, ('1.1.1.1', 443)), "
        "connected(socket.AF_UNIX, '\\0' + facts['abstract']))",
        sees=r"\['lo'\] ECONNREFUSED ENETUNREACH ECONNREFUSED",
    ),
    Attack(
        name="look a name up",
        code="try:\n    print(socket.getaddrinfo('example.com', 443))\n"
        "except socket.gaierror as error:\n    print(error.errno in (-2, -3, -5))",
        sees="True",
    ),
    Attack(
        name="reach the machine, the metadata service or another host through the proxy",
        code=DOOR + "port = facts['port']\n"
        "targets = [f'127.0.0.1:{port}', f'localhost:{port}', '169.254.169.254:80', '10.0.0.1:443']\n"
        "print(*[asked(target) for target in (*targets, 'example.com:443', '[::1]:443')])",
        sees="403 403 403 403 403 403",
    ),
    Attack(
        name="speak plain HTTP, or nonsense, to the proxy",
        code=DOOR + "print(through(b'GET http://example.com/ HTTP/1.1\\r\\n\\r\\n'))\n"
        "print(through(b'\\x16\\x03\\x01\\r\\n\\r\\n'))",
        sees=r"403\n400",
    ),
    Attack(
        name="write anywhere but into the layer, the checkout and /tmp",
        code="places = ('/', '/usr', '/etc', '/opt', '/dream', '/dev')\n"
        "print(*[tried(open, place + '/x', 'w') for place in places])\n"
        "print(tried(open, '/dream/inside.py', 'w'), tried(os.unlink, '/dream/proxy'))\n"
        "print(*[tried(open, place + '/x', 'w') for place in ('/opt/dependencies', '/checkout', '/tmp')])",
        sees=r"EROFS EROFS EROFS EROFS EROFS EROFS\n(EROFS|EACCES) (EROFS|EACCES)\ndone done done",
    ),
    Attack(
        name="see files of the machine, or the layers of others",
        code="print([path for path in (*facts['paths'], facts['layers']) if os.path.exists(path)])",
        sees=r"\[\]",
    ),
    Attack(
        name="find the worker's secret in any environment",
        code="known = {'LD_LIBRARY_PATH', 'LC_CTYPE', 'CI', 'HOME', 'LANG', 'PATH', 'PWD'}\n"
        "known |= {'PYTHONUNBUFFERED', 'SSL_CERT_FILE', 'PIP_CERT'}\n"
        "known |= {'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'}\n"
        "proxies = {'HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'}\n"
        "pids = [pid for pid in os.listdir('/proc') if pid.isdigit()]\n"
        "everywhere = b''.join(open(f'/proc/{pid}/environ', 'rb').read() for pid in pids)\n"
        "print(sorted(set(os.environ) - known - proxies), b'SECRET' in everywhere, b'secret' in everywhere)",
        sees=r"\[\] False False",
    ),
    Attack(
        name="have rights",
        code="status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print(*(status[name].strip() for name in ('CapEff', 'CapBnd', 'NoNewPrivs')), os.getuid())\n"
        "print(called('unshare', 0x10000000))",
        sees=r"0000000000000000 0000000000000000 1 1000\n(ENOSPC|EPERM|EINVAL)",
    ),
    Attack(
        name="fill the machine's memory through the layer",
        code="print(tried(filled, '/opt/dependencies'), tried(filled, '/tmp'))",
        sees="ENOSPC ENOSPC",
    ),
    Attack(
        name="stay",
        code="subprocess.Popen(['sleep', '60'], start_new_session=True); print('left')",
        sees="left",
    ),
]
