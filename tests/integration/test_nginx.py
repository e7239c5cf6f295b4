"""rumbl behind Debian's nginx, with the configurations of the guide: pages, WebSocket and long-poll."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from info_sys.testing_ports import free_port
from tests.conformance.checks import CHECKS
from tests.conformance.poll_talk import PollTalk
from tests.conformance.talk import ConformanceServer, Talk
from tests.running import PROJECT, RunningSite, eventually, started_site
from tests.viewer import Account, Viewer

pytestmark = pytest.mark.timeout(120)

PREFIX = "/rumbl"
GUIDE = PROJECT / "docs" / "guides" / "deployment.md"
ADDRESS = re.compile(r'\s(?:href|src)="(/[^"]+)"')
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def configurations() -> list[str]:
    """The ones of the guide: at the root, and below it."""
    blocks = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if "location" in block]


def without_tls(site: str, port: int, upstream: int) -> str:
    """The configuration for plain HTTP on these ports of the loopback."""
    lines = [line for line in site.splitlines() if "ssl_certificate" not in line]
    text = "\n".join(lines).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    return re.sub(r"server_name .*;", "", text).replace("127.0.0.1:4000", f"127.0.0.1:{upstream}")


@contextmanager
def nginx(folder: Path, site: str, upstream: int) -> Iterator[str]:
    """Run nginx in front of `upstream`; its address."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("NO NGINX (scripts/ensure_nginx): what is behind a reverse proxy is untested")
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    text = MAIN.format(user=user, folder=folder, site=without_tls(site, port, upstream))
    (folder / "nginx.conf").write_text(text)
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(url) or process.poll() is not None)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code > 0
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = ConformanceServer(tmp_path_factory.mktemp("server")).start()
    with nginx(tmp_path_factory.mktemp("nginx"), configurations()[0], server.port) as url:
        yield url
    server.stop()


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with started_site(RUMBL_URL=f"http://127.0.0.1{PREFIX}", TRUSTED_PROXIES="1") as running:
        yield running


@pytest.fixture(scope="module", params=["kept", "stripped"])
def url(
    request: pytest.FixtureRequest, site: RunningSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    configuration = configurations()[1]
    if request.param == "stripped":
        configuration = configuration.replace(":4000;", ":4000/;")
    with nginx(tmp_path_factory.mktemp("nginx"), configuration, site.port) as url:
        yield url + PREFIX


class TestRoot:
    @pytest.mark.parametrize("talk", [Talk, PollTalk])
    @pytest.mark.parametrize(
        "check",
        ["join_reply_and_push", "broadcasts_reach_everybody_once_and_in_order", "binary_messages"],
    )
    def test_both_transports_come_through(self, proxy: str, talk: type[Talk], check: str) -> None:
        clients: list[Talk] = []

        def dial(**params: str) -> Talk:
            clients.append(talk(proxy.replace("http", "ws", 1), "/socket", **params))
            return clients[-1]

        CHECKS[check](dial)
        for client in clients:
            client.close()

    @pytest.mark.parametrize("origin", ["http://evil.example", "null"])
    def test_a_foreign_page_does_not(self, proxy: str, origin: str) -> None:
        url = f"{proxy}/strict/longpoll?vsn=2.0.0"

        assert requests.get(url, headers={"Origin": origin}, timeout=10).json() == {"status": 403}

    def test_a_client_that_goes_frees_its_poll(self, proxy: str) -> None:
        talk = PollTalk(proxy.replace("http", "ws", 1), "/short")
        talk.join("room:proxied")

        with pytest.raises(requests.ReadTimeout):
            requests.get(talk._url, params=talk._params, timeout=0.2)
        talk.send("1", "2", "room:proxied", "ping", {"x": 1})

        assert talk.frame()[4]["response"] == {"x": 1}
        talk.close()


class TestBelowTheRoot:
    def test_every_address_on_the_pages_leads_somewhere(self, url: str) -> None:
        host = url.removesuffix(PREFIX)
        for path in ("/", "/watch/1", "/sessions/new"):
            page = requests.get(url + path, timeout=10)
            assert page.status_code == 200
            found = set(ADDRESS.findall(page.text))
            assert any("app.js" in address for address in found)
            for address in found:
                assert requests.get(host + address.replace("&amp;", "&"), timeout=10).status_code == 200

    def test_a_member_posts_over_a_websocket(self, url: str) -> None:
        name = f"nina{len(url)}{url[-12:-6].replace(':', '')}"
        boot = Account(url).register("Nina Nginx", name).boot("/watch/1")
        assert boot["socketUrl"] == f"{PREFIX}/socket"

        viewer = Viewer(url, boot["userToken"], 1).connect()
        viewer.post("k1", "through nginx")
        viewer.read_until(lambda: "through nginx" in [note["body"] for note in viewer.notes.values()])
        viewer.close()

    def test_a_guest_joins_over_long_poll(self, url: str) -> None:
        token = Account(url).boot("/watch/1")["userToken"]
        answer = requests.get(f"{url}/socket/longpoll", params={"vsn": "2.0.0", "token": token}, timeout=10)
        assert answer.json()["status"] == 410
        pairs = [("vsn", "2.0.0"), ("token", token), ("token", answer.json()["token"])]
        join = '["1","1","videos:1","phx_join",{"last_seen_id":0}]'

        posted = requests.post(f"{url}/socket/longpoll", join, params=pairs, timeout=10)
        polled = requests.get(f"{url}/socket/longpoll", params=pairs, timeout=20)

        assert posted.json() == {"status": 200}
        assert '"status":"ok"' in polled.json()["messages"][0]
        assert "Content-Security-Policy" in polled.headers

    def test_a_page_of_another_site_opens_no_socket(self, url: str) -> None:
        address = f"{url}/socket/websocket?vsn=2.0.0"
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Origin": "http://evil.example",
        }

        assert requests.get(address, headers=headers, timeout=10).status_code == 403
