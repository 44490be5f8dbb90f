"""Who may ask, what every answer carries, which files are given, and `tk serve` as a process."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason='the page needs: pip install "taskonomy[page]"')

from taskonomy_cli.page import server
from taskonomy_cli.page.questions import Questions
from taskonomy_cli.page.showing import Gallery
from taskonomy_core.errors import TaskonomyError


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "LOCALHOST", "127.0.0.1", "localhost:1"])
def test_this_machine_may_ask_by_any_of_its_names(client, host):
    assert client.send("GET", "/api/measurements", host=host).status == 200
    assert client.send("GET", "/api/measurements", host=host, origin=f"http://{host}").status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8642",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "0.0.0.0:8642",
        "127.0.0.1:",
        "127.0.0.1:x",
        "localhost:8642:1",
        "user@localhost",
        "127.0.0.1:8642@evil.example",
        "localhost.",
    ],
)
def test_a_foreign_host_is_refused(client, host):
    for path in ("/api/measurements", "/", "/openapi.json", "/nothing"):
        answer = client.send("GET", path, host=host)
        assert answer.status == 403
        assert answer.json["error"] == "The request is not for this machine by its Host."
        assert answer.json["hint"] == "Open the address that tk serve printed."


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:8642", "http://127.0.0.1:9999", "http://localhost:8642"],
)
def test_a_foreign_origin_is_refused(client, origin):
    for method, path in (("POST", "/api/taxonomy"), ("OPTIONS", "/api/taxonomy"), ("GET", "/api/measurements")):
        answer = client.send(method, path, b"{}", origin=origin)
        assert (answer.status, answer.json["error"]) == (403, "The request comes from a page of another origin.")
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_what_a_browser_says_of_the_asking_page_counts(client):
    for site, mode, status in (
        ("cross-site", "no-cors", 403),
        ("same-site", "cors", 403),
        ("cross-site", "navigate", 200),
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
    ):
        answer = client.send("GET", "/api/measurements", sec_fetch_site=site, sec_fetch_mode=mode)
        assert answer.status == status


def test_every_answer_carries_the_headers_of_safety(client):
    for method, path, host in (
        ("GET", "/api/measurements", "localhost"),
        ("POST", "/api/taxonomy", "localhost"),
        ("GET", "/nothing", "localhost"),
        ("GET", "/", "evil.example"),
    ):
        headers = client.send(method, path, host=host).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.fixture
def site(client, of_file, tmp_path):
    """A folder with a page, a module in a folder of its own, a link that leads out, and a secret beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "static"
    (folder / "parts").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>here</title>")
    (folder / "parts" / "a.js").write_text("export {}")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "outside").symlink_to(tmp_path)
    client.app = server.application(Questions(of_file), Gallery(of_file, None), folder)
    return client


def test_the_files_of_the_page_are_given(site):
    for path in ("/", "/index.html"):
        answer = site.send("GET", path)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b"<title>here" in answer.body
    answer = site.send("GET", "/parts/a.js")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert site.send("HEAD", "/").status == 200
    assert site.send("POST", "/").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/parts/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/link.txt",
        "//etc/passwd",
        "/outside/secret.txt",
        "/parts",
        "/parts/",
        "/\x00",
        "/parts/a.js\x00",
        "/..\\secret.txt",
        "/" + "a" * 10_000,
    ],
)
def test_no_path_leaves_the_folder(site, path):
    answer = site.send("GET", path)
    assert (answer.status, answer.json["error"]) == (404, "There is nothing at this path.")


def test_the_page_itself_is_whole(client):
    for path in server.STATIC.rglob("*"):
        if path.is_file():
            assert client.send("GET", f"/{path.relative_to(server.STATIC).as_posix()}").body == path.read_bytes()
    assert client.send("GET", "/").status == 200


def test_a_fault_of_the_program_is_told_without_its_traceback(client, of_file):
    class Broken(Questions):
        def measurements(self):
            raise KeyError("inner workings")

    client.app = server.application(Broken(of_file), Gallery(of_file, None))
    sent = []

    async def ask():
        async def send(message):
            sent.append(message)

        async def receive():
            await asyncio.Event().wait()

        headers = [(b"host", b"localhost")]
        scope = {"type": "http", "method": "GET", "path": "/api/measurements", "headers": headers, "query_string": b""}
        await client.app(scope, receive, send)

    with pytest.raises(KeyError):  # which the server logs
        client.runner.run(ask())
    assert sent[0]["status"] == 500
    assert b"tk itself failed." in sent[1]["body"]
    assert b"inner workings" not in sent[1]["body"]


def test_only_the_loopback_address_is_listened_on():
    with server.listen(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY on these alone


def test_a_port_that_is_taken_is_told_when_asked_for_and_passed_over_when_not(monkeypatch):
    with server.listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TaskonomyError) as refused:
            server.listen(port)
        assert refused.value.message.startswith(f"Port {port} of 127.0.0.1 is not free (")
        assert refused.value.hint == "Choose another; type: tk serve --port 0"
        monkeypatch.setattr(server, "PORT", port)
        with server.listen(None) as other:
            assert port < other.getsockname()[1] < port + 20
        monkeypatch.setattr(server, "_TRIED", 1)
        with pytest.raises(TaskonomyError, match=f"No port from {port} on is free"):
            server.listen(None)


def test_without_the_extra_it_says_what_to_install(run, monkeypatch, scores):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "uvicorn" else find(name))
    done = run("serve", "--from", str(scores))
    assert done.exit_code == 2
    assert done.stderr == 'The page needs two packages more.\nType: pip install "taskonomy[page]"\n'


def test_nothing_but_serve_needs_the_extra(scores):
    code = (
        "import sys; sys.modules['starlette'] = sys.modules['uvicorn'] = None\n"
        "from taskonomy_cli.page.questions import Questions\n"
        "from taskonomy_cli.app import main\n"
        "main()"
    )
    arguments = ("taxonomy", "--from", str(scores), "--budget", "2")
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)


def test_tk_serve_answers_until_ctrl_c_and_needs_no_torch(scores, tmp_path):
    code = "import sys; sys.modules['torch'] = None; from taskonomy_cli.app import main; main()"
    command = [sys.executable, "-c", code, "serve", "--from", str(scores), "--port", "0", "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}api/measurements", timeout=30) as answer:
            assert b'"scores.json"' in answer.read()
        asked = urllib.request.Request(f"{address}api/measurements", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(asked, timeout=30)
        # A client that says nothing more does not keep it from ending.
        port = int(address.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as silent:
            silent.sendall(b"POST /api/taxonomy HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        assert errors.splitlines() == ["Press Ctrl-C to end.", "Ended."]
    finally:
        process.kill()
        process.wait()
    assert not list(Path(tmp_path).iterdir())
