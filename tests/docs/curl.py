"""A stand-in for `curl` where there is none: the few options that our pages use, and a refusal of all others.

A machine of ours needs Python and nothing else, so a test may not presume curl. This runs as a process of
its own under the name `curl`, started by a real shell, which has expanded and quoted as it does; it sends
what curl would send and prints what `curl -i` prints. Where there is a real one, the test runs the page with
that, too.
"""

import argparse
import http.client
import sys
from pathlib import Path
from urllib.parse import urlsplit

FORM = "application/x-www-form-urlencoded"


def asked() -> argparse.Namespace:
    """The options; an unknown one ends the process with 2, as curl does."""
    parser = argparse.ArgumentParser("curl", allow_abbrev=False)
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-i", "--include", action="store_true")
    parser.add_argument("-N", "--no-buffer", action="store_true")
    parser.add_argument("-X", "--request", default="")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", action="append", default=[])
    parser.add_argument("url")
    return parser.parse_args()


def data_of(pieces: list[str]) -> bytes | None:
    """The body: `@file` is read without its line ends, several are joined by `&`."""
    read = [
        Path(piece[1:]).read_text(encoding="utf-8").replace("\r", "").replace("\n", "")
        if piece.startswith("@")
        else piece
        for piece in pieces
    ]
    return "&".join(read).encode() if read else None


def main() -> None:
    """One request, one answer."""
    options = asked()
    url = urlsplit(options.url)
    body = data_of(options.data)
    headers = {"User-Agent": "curl/0", "Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = FORM
    for line in options.header:
        name, _, value = line.partition(":")
        headers = {known: said for known, said in headers.items() if known.lower() != name.lower()}
        headers[name] = value.strip()
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
    target = url.path + (f"?{url.query}" if url.query else "")
    connection.request(options.request or ("GET" if body is None else "POST"), target, body, headers)
    answer = connection.getresponse()
    out = sys.stdout.buffer
    if options.include:
        said = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{n}: {v}" for n, v in answer.getheaders())]
        out.write(("\r\n".join(said) + "\r\n\r\n").encode("latin-1"))
    out.write(answer.read())


if __name__ == "__main__":
    main()
