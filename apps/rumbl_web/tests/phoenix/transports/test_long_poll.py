"""Long-poll under the servers that rumbl runs on."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask

from rumbl_web.phoenix.transports import long_poll
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions

from . import servers
from .polling import BRIEF, PollClient, Request
from .servers import Server
from .support import eventually
from .toy import make_app

ROOM = 4


@pytest.fixture(scope="module", params=servers.SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with servers.SERVERS[request.param]() as running:
        yield running


@pytest.fixture
def client(server: Server) -> PollClient:
    return PollClient(server.port).begin()


@pytest.fixture
def small() -> Hub:
    return Hub(HubOptions(max_connections=ROOM, close_timeout_s=60.0))


@pytest.fixture
def port(small: Hub) -> Iterator[int]:
    with servers.werkzeug(hub=small) as running:
        yield running.port


def start_alone(client: PollClient, server: Server) -> Request:
    """A poll that waits, the only one: those of the tests before have ended."""
    eventually(lambda: server.stats()["polls"] == 0, "the polls before have ended")
    poll = client.start()
    eventually(lambda: server.stats()["polls"] == 1, "it waits")
    return poll


class TestSession:
    def test_a_get_without_a_token_begins_one(self, server: Server) -> None:
        answer = PollClient(server.port).ask()

        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["cache-control"] == "max-age=0, private, must-revalidate"
        assert answer.json == {"messages": [], "status": 410, "token": answer.json["token"]}
        assert answer.json["token"]

    def test_what_is_posted_is_answered_by_the_next_poll(self, client: PollClient) -> None:
        assert client.post('["1"]') == {"status": 200}

        answer = client.ask()

        assert answer.json == {"messages": ['["1"]'], "status": 200, "token": client.token}
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["cache-control"] == "max-age=0, private, must-revalidate"

    def test_a_poll_waits_for_a_message(self, client: PollClient) -> None:
        poll = client.start()

        client.post('["1"]')

        assert poll.answer().json["messages"] == ['["1"]']

    def test_a_poll_ends_with_204_when_nothing_came(self, server: Server) -> None:
        client = PollClient(server.port, BRIEF).begin()

        assert client.poll() == {"messages": [], "status": 204, "token": client.token}
        assert client.poll()["status"] == 204

    def test_a_client_of_http_1_0_is_answered_too(self, client: PollClient) -> None:
        poll = client.start(version="1.0")
        client.post('["1"]')

        assert poll.answer().json["messages"] == ['["1"]']

    @pytest.mark.parametrize("token", ["nonsense", "lp~nonsense", "lp~"])
    def test_an_unknown_token_gets_a_new_one(self, server: Server, token: str) -> None:
        client = PollClient(server.port)
        client.token = token

        assert client.post('["1"]') == {"status": 410}
        client.begin()

        assert client.post('["1"]') == {"status": 200}

    def test_the_token_of_a_session_that_is_gone_never_reaches_the_socket(self, server: Server) -> None:
        client = PollClient(server.port, token="the socket's own")
        client.token = "lp~gone"
        client.begin()

        client.post("about", kind="text/plain")

        about = json.loads(client.messages(1)[0])
        assert about["params"] == {"vsn": "2.0.0", "token": "the socket's own"}
        assert about["path"] == "/socket/longpoll"

    def test_it_ends_when_nobody_polls_for_one_and_a_half_windows(self, server: Server) -> None:
        client = PollClient(server.port, BRIEF).begin()
        client.poll()
        before = client.token

        eventually(lambda: server.stats()["brief_sessions"] == 0, "its session is forgotten", pause_s=0.1)

        assert client.post('["1"]') == {"status": 410}
        assert client.begin().token != before

    def test_the_newer_of_two_polls_takes_over(self, server: Server, client: PollClient) -> None:
        first = client.start()
        client.post('["1"]')
        assert first.answer().json["status"] == 200

        older = start_alone(client, server)
        newer = client.start()
        assert older.answer().json["status"] == 204
        client.post('["2"]')

        assert newer.answer().json["messages"] == ['["2"]']

    def test_waiting_polls_hold_no_request_thread(self, server: Server) -> None:
        clients = [PollClient(server.port).begin() for _ in range(8)]
        polls = [client.start() for client in clients]

        for number, client in enumerate(clients):
            assert client.post(f"[{number}]") == {"status": 200}

        assert [poll.answer().json["messages"] for poll in polls] == [[f"[{number}]"] for number in range(8)]
        eventually(lambda: server.stats()["server_connections"] <= 1, "the server counts them as closed")


class TestMessages:
    @pytest.mark.parametrize(
        "body", ['["1"]\n["2"]\n["3"]', '["1"]\r\n["2"]\r\n["3"]\r\n', '\n["1"]\n\n["2"]\n["3"]\n']
    )
    def test_lines_come_in_order_however_they_end(self, client: PollClient, body: str) -> None:
        assert client.post(body) == {"status": 200}

        assert client.messages(3) == ['["1"]', '["2"]', '["3"]']

    def test_more_than_a_hundred_lines_are_all_taken(self, client: PollClient) -> None:
        lines = [f"[{number}]" for number in range(250)]

        assert client.post(*lines) == {"status": 200}

        assert client.messages(250) == lines

    def test_an_empty_body_is_harmless(self, client: PollClient) -> None:
        assert client.post("") == {"status": 200}
        assert client.post("\n") == {"status": 200}
        assert client.post("", kind="text/plain") == {"status": 200}

        client.post('["1"]')
        assert client.poll()["messages"] == ['["1"]'], "and nothing before it"

    def test_another_content_type_is_one_message(self, client: PollClient) -> None:
        assert client.post('["1",\n"2"]', kind="application/json; charset=utf-8") == {"status": 200}

        assert client.messages(1) == ['["1",\n"2"]']

    def test_every_letter_arrives(self, client: PollClient) -> None:
        client.post('["ümlaut \\" 🎈 \u2028 </script>"]')

        assert client.messages(1) == ['["ümlaut \\" 🎈 \u2028 </script>"]']

    def test_binary_messages_are_base64_in_both_directions(self, client: PollClient) -> None:
        data = base64.b64encode(bytes(range(256))).decode()

        assert client.post(data, '["1"]', data) == {"status": 200}

        assert client.messages(3) == [data, '["1"]', data]

    @pytest.mark.parametrize(
        ("line", "status"),
        [("*", 400), ("[" + "x" * 65_536, 413), ('["1"]\n' * 1001, 413), ("[]\n" + "A" * 1_100_000, 413)],
    )
    def test_what_can_not_be_taken_is_refused_as_a_whole_and_at_once(
        self, client: PollClient, server: Server, line: str, status: int
    ) -> None:
        poll = start_alone(client, server)

        assert client.post('["1"]', line)["status"] == status

        assert poll.answer().json == {"messages": [], "status": 410, "token": client.token}
        assert client.token != client.begin().token

    def test_too_much_in_chunks_is_not_cut_off_without_a_word(self, client: PollClient) -> None:
        body = (b"[" + b"1" * 4093 + b"]\n") * 257  # its first MiB ends with a line

        request = client.start("POST", Transfer_Encoding="chunked", Content_Type="application/x-ndjson")
        request.sock.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))

        assert request.answer().json == {"reason": "request too big", "status": 413}

    def test_a_message_that_the_handler_refuses_ends_the_session_at_once(self, client: PollClient) -> None:
        refused = client.post('["1"]', "[mistake]", '["2"]')

        assert refused == {"status": 400, "reason": "not a message of this protocol"}

        assert client.messages(1) == ['["1"]']
        assert client.poll()["status"] == 410


class TestNothingIsLost:
    def test_what_comes_after_the_client_left_waits_for_the_next_poll(
        self, client: PollClient, server: Server
    ) -> None:
        poll = start_alone(client, server)

        poll.sock.close()
        eventually(lambda: server.stats()["polls"] == 0, "the descriptor is free")
        client.post('["1"]')

        assert client.messages(1) == ['["1"]']

    def test_what_a_broken_connection_did_not_bring_comes_with_the_next_poll(
        self, client: PollClient
    ) -> None:
        lines = [json.dumps([number, "x" * 50_000]) for number in range(8)]
        poll = client.start()
        client.post(*lines)

        poll.sock.recv(10)
        poll.reset()

        assert client.messages(8) == lines


class TestWhoMayCome:
    FOREIGN = (
        "http://evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example#127.0.0.1",
        "null",
    )

    @pytest.mark.parametrize("origin", FOREIGN)
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    def test_a_foreign_page_gets_403_with_valid_cookies_and_token(
        self, client: PollClient, method: str, origin: str
    ) -> None:
        answer = client.ask(method, Origin=origin, Cookie="_rumbl_key=x")

        assert (answer.status, answer.json) == (200, {"status": 403})
        assert "access-control-allow-origin" not in answer.headers

    def test_so_does_one_that_polls_by_a_script_tag(self, client: PollClient) -> None:
        assert client.ask(Sec_Fetch_Site="cross-site").json == {"status": 403}

    def test_a_page_of_ours_may_read_the_answers(self, client: PollClient) -> None:
        origin = f"http://127.0.0.1:{client.port}"

        client.post('["1"]')
        for method in ("GET", "POST"):
            headers = client.ask(method, Origin=origin).headers
            assert headers["access-control-allow-origin"] == origin
            assert headers["vary"] == "Origin"

    def test_a_preflight_tells_what_may_be_asked(self, client: PollClient) -> None:
        origin = f"http://127.0.0.1:{client.port}"

        answer = client.ask("OPTIONS", Origin=origin, Access_Control_Request_Headers="content-type,x-one")

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-headers"] == "content-type,x-one"
        assert answer.headers["access-control-allow-methods"] == "get, post, options"
        assert answer.headers["access-control-max-age"] == "3600"

    def test_who_is_refused_gets_403(self, server: Server) -> None:
        answer = PollClient(server.port, token="wrong").ask()

        assert (answer.status, answer.json) == (200, {"status": 403})

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_other_methods_get_400(self, client: PollClient, method: str) -> None:
        answer = client.ask(method)

        assert (answer.status, answer.body) == (400, b"")

    def test_a_poll_with_a_body_gets_400(self, client: PollClient) -> None:
        assert client.ask("GET", b"abc").status == 400


def test_a_terminated_worker_of_gunicorn_answers_all_polls() -> None:
    with servers.gunicorn() as server:
        with_mail, without = PollClient(server.port).begin(), PollClient(server.port).begin()
        polls = [with_mail.start(), without.start()]
        with_mail.post('["1"]')
        assert server.process is not None

        server.process.send_signal(signal.SIGTERM)

        assert [poll.answer().json["status"] for poll in polls] == [200, 410]


def test_a_draining_hub_says_try_again() -> None:
    hub = Hub()
    hub.drain()

    answer = make_app(hub).test_client().get("/socket/longpoll")

    assert (answer.status_code, answer.json) == (503, {"status": 500})


class TestAFullHub:
    """Whoever comes too much gets 503, and what is there goes on."""

    def test_sessions_are_bounded_though_they_have_no_descriptor(self, small: Hub, port: int) -> None:
        clients = [PollClient(port).begin() for _ in range(ROOM)]

        refused = PollClient(port).ask()

        assert (refused.status, refused.json) == (503, {"status": 500})
        assert small.stats()["sessions"] == ROOM
        assert clients[0].post('["1"]') == {"status": 200}
        assert clients[0].messages(1) == ['["1"]']

    def test_one_session_can_not_take_all_descriptors(self, small: Hub, port: int) -> None:
        client = PollClient(port).begin()
        polls = [client.start() for _ in range(ROOM)]
        eventually(lambda: small.stats()["polls"] == ROOM, "left polls are held until their client closes")

        assert client.ask().status == 503

        for poll in polls:
            poll.reset()
        eventually(lambda: small.stats()["polls"] == 0, "the polls are gone")
        assert client.post('["1"]') == {"status": 200}
        assert client.messages(1) == ['["1"]']


def test_anybody_may_read_where_the_check_is_off() -> None:
    app, pages = Flask(__name__), Blueprint("pages", __name__)
    names = long_poll.Names("secret", "here")
    long_poll.mount(pages, "/open", Hub(), lambda _params, _info: None, names, check_origin=False)
    app.register_blueprint(pages)

    answer = app.test_client().get("/open/longpoll", headers={"Origin": "http://evil.example"})

    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_bad_check_origin_is_refused_at_start() -> None:
    names = long_poll.Names("secret", "here")
    with pytest.raises(ValueError, match="check_origin"):
        long_poll.mount(
            Blueprint("p", __name__), "/s", Hub(), lambda _params, _info: None, names, check_origin=["what?"]
        )
