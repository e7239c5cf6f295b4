"""What every way of a mail must do, on each of them; SMTP talks to a server on this machine."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from rumbl_web.mail import Adapter, Collected, DeliveryError, Mail, Mailbox, Smtp, refusal
from rumbl_web.mail.mailbox import MAX_KEPT

MAIL = Mail("ana@example.org", "Grüße", "Hallo,\n\nhttps://rumbl.example/reset/abc\n.\n日本語")
FROM = "rumbl <noreply@rumbl.example>"


class SmtpServer(socketserver.ThreadingTCPServer):
    """A little mail server. `replies`: what it says to a command instead of 250."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.tls, self.replies = tls, dict[str, str]()
        self.mails: list[bytes] = []
        self.commands: list[str] = []
        self.logins: list[bytes] = []


class Conversation(socketserver.StreamRequestHandler):
    server: SmtpServer
    timeout = 10

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def handle(self) -> None:
        encrypted = False
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            self.server.commands.append(line)
            if verb in self.server.replies:
                self.say(self.server.replies[verb])
            elif verb == "EHLO":
                offers = ["250-here", "250-8BITMIME"]
                offers += ["250-STARTTLS"] if self.server.tls and not encrypted else []
                self.say("\r\n".join([*offers, "250 AUTH PLAIN"]))
            elif verb == "STARTTLS" and self.server.tls:
                self.say("220 go")
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                encrypted = True
            elif verb == "AUTH":
                self.server.logins.append(b64decode(line.split()[2]))
                self.say("235 yes")
            elif verb == "DATA":
                self.say("354 go")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(b"".join(one.removeprefix(b".") for one in lines))
                self.say("250 taken")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return


def served(server: SmtpServer) -> Iterator[SmtpServer]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    yield from served(SmtpServer())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    )
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key", "-out", folder / "cert"]
    try:
        subprocess.run([*command.split(), *names], check=True, capture_output=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    return folder / "cert", folder / "key"


@pytest.fixture
def tls_smtp(certificate: tuple[Path, Path]) -> Iterator[SmtpServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    yield from served(SmtpServer(context))


def port(server: SmtpServer) -> int:
    return int(server.server_address[1])


@pytest.fixture(params=["collected", "mailbox", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path, smtp: SmtpServer) -> tuple[Adapter, object]:
    collected, folder = Collected(), tmp_path / "box"
    ways: dict[str, tuple[Adapter, object]] = {
        "collected": (collected, lambda: collected.mails),
        "mailbox": (
            Mailbox(folder),
            lambda: [
                message_from_bytes(file.read_bytes(), policy=default) for file in sorted(folder.iterdir())
            ],
        ),
        "smtp": (
            Smtp(f"smtp+plain://127.0.0.1:{port(smtp)}"),
            lambda: [message_from_bytes(mail, policy=default) for mail in smtp.mails],
        ),
    }
    return ways[request.param]


def test_a_mail_arrives_as_it_was_given(way) -> None:
    adapter, arrived = way
    adapter.deliver(MAIL.message(FROM))
    adapter.deliver(Mail("bob@example.org", "Second", "2").message(FROM))

    first, second = arrived()
    assert isinstance(first, EmailMessage)
    assert (first["To"], first["From"], first["Subject"]) == (MAIL.to, FROM, MAIL.subject)
    assert first.get_content().replace("\r\n", "\n").strip() == MAIL.text
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"].endswith("@rumbl.example>")
    assert second["To"] == "bob@example.org"


@pytest.mark.parametrize("bad", ["a@b.c\nBcc: x@example.org", "a@b.c\r\nx: y"])
def test_a_line_break_never_becomes_a_header(bad: str) -> None:
    for mail in (Mail(bad, "s", "t"), Mail("a@b.c", bad, "t")):
        with pytest.raises(ValueError, match="linefeed"):
            mail.message(FROM)


def test_a_mail_shows_neither_its_address_nor_its_text() -> None:
    assert "ana" not in repr(MAIL)
    assert "reset" not in repr(MAIL)


def test_the_mailbox_is_its_owners_and_bounded_and_newest_first(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "box")
    assert box.kept() == []
    for number in range(MAX_KEPT + 2):
        box.deliver(Mail("a@b.c", f"{number}", "text").message(FROM))

    assert [mail.subject for mail in box.kept()] == [str(n) for n in range(MAX_KEPT + 1, 1, -1)]
    assert (tmp_path / "box").stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "box").iterdir())


def test_a_folder_that_can_not_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeliveryError):
        Mailbox(tmp_path / "file").deliver(MAIL.message(FROM))


@pytest.mark.parametrize(
    ("verb", "reply", "final"),
    [("RCPT", "550 no ana@example.org", True), ("RCPT", "451 later ana@example.org", False),
     ("MAIL", "421 busy", False), ("DATA", "554 spam ana@example.org", True)],
)  # fmt: skip
def test_a_refusal_is_told_with_its_number_and_no_address(
    smtp: SmtpServer, verb: str, reply: str, final: bool
) -> None:
    smtp.replies[verb] = reply
    with pytest.raises(DeliveryError) as refused:
        Smtp(f"smtp+plain://127.0.0.1:{port(smtp)}").deliver(MAIL.message(FROM))
    assert refused.value.final is final
    assert reply[:3] in str(refused.value)
    assert "ana" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_server_that_is_not_there_may_come_back(smtp: SmtpServer) -> None:
    gone = SmtpServer()
    gone.server_close()
    with pytest.raises(DeliveryError) as refused:
        Smtp(f"smtp+plain://127.0.0.1:{port(gone)}", timeout_s=5).deliver(MAIL.message(FROM))
    assert not refused.value.final


def test_starttls_comes_before_the_password(tls_smtp: SmtpServer, certificate: tuple[Path, Path]) -> None:
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    Smtp(f"smtp://us%40er:p%2Fw@localhost:{port(tls_smtp)}", context=trust).deliver(MAIL.message(FROM))

    verbs = [command.split()[0].upper() for command in tls_smtp.commands]
    assert verbs.index("STARTTLS") < verbs.index("AUTH") < verbs.index("MAIL")
    assert tls_smtp.logins == [b"\0us@er\0p/w"]
    assert len(tls_smtp.mails) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(tls_smtp: SmtpServer) -> None:
    with pytest.raises(DeliveryError):
        Smtp(f"smtp://user:pw@localhost:{port(tls_smtp)}").deliver(MAIL.message(FROM))
    assert (tls_smtp.logins, tls_smtp.mails) == ([], [])


def test_without_starttls_nothing_is_sent(smtp: SmtpServer) -> None:
    with pytest.raises(DeliveryError) as refused:
        Smtp(f"smtp://user:pw@127.0.0.1:{port(smtp)}").deliver(MAIL.message(FROM))
    assert refused.value.final
    assert (smtp.logins, smtp.mails) == ([], [])


@pytest.mark.parametrize(
    "url", ["smtps://u:p@mail.example", "smtp://mail.example:587", "smtp+plain://u:p@localhost:25"]
)
def test_addresses_of_mail_servers(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://", "smtp://h/path", "smtp://h:0", "smtp+plain://u:p@h"],
)
def test_what_is_none_is_refused(url: str) -> None:
    assert refusal(url) is not None
