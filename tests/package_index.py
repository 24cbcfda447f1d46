"""A small package index on loopback, over TLS as pip and npm want it."""

import io
import json
import ssl
import tarfile
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import trustme

from builds.adapters.sandbox_extras import Egress


@dataclass
class Index:
    """What is served, by path; `asked` are the paths that were asked for."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        """As an allow-list says it."""
        return f"127.0.0.1:{self.port}"

    @property
    def egress(self) -> Egress:
        """What the operator of this machine would set for an index of their own."""
        return Egress(
            hosts=(self.host,),
            variables={
                "PIP_INDEX_URL": f"https://{self.host}/simple",
                "PIP_TRUSTED_HOST": self.host,
                "PIP_RETRIES": "0",
                "npm_config_registry": f"https://{self.host}/npm/",
                "npm_config_strict_ssl": "false",
            },
        )

    def add_wheel(self, name: str, version: str, modules: Mapping[str, str], *, needs: str = "") -> str:
        """Serve a wheel; returns its hash as requirement files write it."""
        info = f"{name}-{version}.dist-info"
        requires = f"Requires-Dist: {needs}\n" if needs else ""
        said = {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for path, text in {**modules, **said}.items():
                archive.writestr(path, text)
            listed = "".join(f"{path},,\n" for path in (*modules, *said, f"{info}/RECORD"))
            archive.writestr(f"{info}/RECORD", listed)
        return self._add_python(name, f"{name}-{version}-py3-none-any.whl", stream.getvalue())

    def add_source(self, name: str, version: str, backend: str) -> str:
        """Serve a source package whose build is the module `backend`; returns its hash."""
        project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        project += f'[project]\nname = "{name}"\nversion = "{version}"\n'
        return self._add_python(
            name,
            f"{name}-{version}.tar.gz",
            tarball(f"{name}-{version}", {"pyproject.toml": project, "backend.py": backend}),
        )

    def add_npm(self, name: str, version: str, files: Mapping[str, str], **manifest: object) -> str:
        """Serve an npm package; returns its integrity as locks write it."""
        told = {"name": name, "version": version, **manifest}
        data = tarball("package", {**files, "package.json": json.dumps(told)})
        integrity = "sha512-" + b64encode(sha512(data).digest()).decode()
        path = f"/npm/{name}/-/{name}-{version}.tgz"
        self.files[path] = data
        dist = {"tarball": f"https://{self.host}{path}", "integrity": integrity}
        packument = {
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: {**told, "dist": dist}},
        }
        self.files[f"/npm/{name}"] = json.dumps(packument).encode()
        return integrity

    def _add_python(self, name: str, file: str, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        self.files[f"/files/{file}"] = data
        page = self.files.get(f"/simple/{name}/", b"<!DOCTYPE html>\n")
        self.files[f"/simple/{name}/"] = (
            page + f'<a href="/files/{file}#sha256={digest}">{file}</a>\n'.encode()
        )
        return f"sha256:{digest}"


def tarball(folder: str, files: Mapping[str, str]) -> bytes:
    """A .tar.gz with everything below one folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


@pytest.fixture(scope="session")
def certificate() -> trustme.LeafCert:
    """For loopback, by an authority that nobody trusts."""
    return trustme.CA().issue_cert("127.0.0.1", "localhost")


@pytest.fixture
def index(certificate: trustme.LeafCert) -> Iterator[Index]:
    """An empty one."""
    served = Index()

    class Handler(BaseHTTPRequestHandler):
        """Answers from `served`."""

        def do_GET(self) -> None:
            served.asked.append(self.path)
            data = served.files.get(self.path)
            self.send_response(404 if data is None else 200)
            kind = {"/simpl": "text/html", "/npm/": "application/json"}.get(self.path[:6].rstrip("x"), "")
            self.send_header("Content-Type", kind or "application/octet-stream")
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.daemon_threads = True
        served.port = server.server_port
        Thread(target=server.serve_forever, daemon=True).start()
        yield served
        server.shutdown()
