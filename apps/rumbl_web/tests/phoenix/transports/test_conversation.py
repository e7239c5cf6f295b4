"""What the hub does with the bytes of a client, and every way in which a connection ends."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from rumbl_web.phoenix.mistakes import Mistakes
from rumbl_web.phoenix.transport import ClientMistake, Connection, Opcode
from rumbl_web.phoenix.transports import syscalls
from rumbl_web.phoenix.transports.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

from .support import Client, Loopback, Recorder, client_frame, echo, eventually, opened

MakeLoopback = Callable[..., Loopback]


def explode(_recorder: Recorder, data: bytes) -> None:
    if data == b"explode":
        raise ZeroDivisionError("on purpose")


class TestMessages:
    def test_a_text_reaches_the_handler_and_its_answer_the_client(self, loopback: Loopback) -> None:
        client, handler = loopback.connect(Recorder(echo))

        client.text("héllo")

        assert client.receive_text() == "héllo".encode()
        assert handler.texts == ["héllo".encode()]

    def test_a_binary_message_reaches_the_handler(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()

        client.send(client_frame(BINARY, b"\x00\xff"))

        eventually(lambda: handler.binaries == [b"\x00\xff"])

    def test_messages_arrive_whole_and_in_order_however_they_are_cut(self, loopback: Loopback) -> None:
        client, handler = loopback.connect(Recorder(echo))
        sizes = [0, 1, 125, 126, 5000, 65535]
        data = b"".join(client_frame(TEXT, b"x" * size) for size in sizes)

        for at in range(0, len(data), 1009):
            client.send(data[at : at + 1009])

        assert [len(client.receive_text()) for _ in sizes] == sizes
        assert [len(text) for text in handler.texts] == sizes

    def test_a_fragmented_message_with_a_ping_inside_is_joined(self, loopback: Loopback) -> None:
        client, handler = loopback.connect(Recorder(echo))

        client.send(client_frame(TEXT, b"a", final=False), client_frame(PING, b"p"))
        client.send(client_frame(CONTINUATION, b"b"))

        assert client.receive() == (PONG, b"p")
        assert client.receive() == (TEXT, b"ab")
        assert handler.texts == [b"ab"]

    def test_many_messages_in_one_read_are_all_handled(self, loopback: Loopback) -> None:
        client, _ = loopback.connect(Recorder(echo))

        client.send(*[client_frame(TEXT, str(number).encode()) for number in range(500)])

        assert [client.receive_text() for _ in range(500)] == [str(number).encode() for number in range(500)]

    def test_bytes_that_came_with_the_upgrade_are_handled_first(self, loopback: Loopback) -> None:
        frame = client_frame(TEXT, b"early bird")
        client, _ = loopback.connect(Recorder(echo), early=frame + frame[:5])

        client.send(frame[5:])

        assert [client.receive_text(), client.receive_text()] == [b"early bird", b"early bird"]

    def test_a_big_message_to_a_slow_reader_arrives_whole(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(outbox_bytes=64 << 20)
        client, handler = loopback.connect(receive_buffer=4096)
        messages = [os.urandom(size) for size in (600_000, 10, 300_000)]

        for message in messages:
            opened(handler).send(Opcode.BINARY, message)
        eventually(lambda: loopback.hub.stats()["blocked"] == 1)

        assert [client.receive() for _ in messages] == [(BINARY, message) for message in messages]
        eventually(lambda: loopback.hub.stats()["blocked"] == 0)

    def test_an_idle_connection_keeps_no_decoder(self, loopback: Loopback) -> None:
        client, handler = loopback.connect(Recorder(echo))
        frame = client_frame(TEXT, b"in two parts")

        client.send(frame[:4])
        eventually(lambda: opened(handler).decoder is not None)  # type: ignore[attr-defined]  # the hub's own
        client.send(frame[4:])

        assert client.receive_text() == b"in two parts"
        assert opened(handler).decoder is None  # type: ignore[attr-defined]


class TestEnds:
    @pytest.fixture(autouse=True)
    def mistakes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """None of the other tests' mistakes count."""
        monkeypatch.setattr("rumbl_web.phoenix.mistakes.report", Mistakes().report)

    @pytest.mark.parametrize("code", [1000, 1001, 4000])
    def test_a_client_s_close_is_echoed(self, loopback: Loopback, code: int) -> None:
        client, handler = loopback.connect()

        client.send(client_frame(CLOSE, code.to_bytes(2, "big") + b"bye"))

        assert client.receive_close() == code
        client.receive_end()
        assert handler.codes == [code]

    def test_a_close_that_goes_out_at_the_second_attempt_ends_the_connection_too(
        self, make_loopback: MakeLoopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, _ = make_loopback(close_timeout_s=60).connect()
        with monkeypatch.context() as full:
            full.setattr(syscalls, "write", lambda *_: -1)

            client.send(client_frame(CLOSE))

            assert client.receive_close() is None
            client.receive_end()

    def test_an_empty_close_is_answered_with_an_empty_one(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()

        client.send(client_frame(CLOSE))

        assert client.receive_close() is None
        client.receive_end()
        assert handler.codes == [1005]

    @pytest.mark.parametrize(
        ("bad", "code"),
        [
            (client_frame(CLOSE, (1005).to_bytes(2, "big")), 1002),
            (client_frame(CLOSE, (999).to_bytes(2, "big")), 1002),
            (client_frame(CLOSE, b"\x03"), 1002),
            (client_frame(CLOSE, b"\x03\xe8\xff"), 1007),
            (client_frame(TEXT, b"\xff"), 1007),
            (client_frame(7), 1002),
            (b"\x81\x02hi", 1002),
            (client_frame(TEXT, b"x" * 65537), 1009),
        ],
    )
    def test_a_broken_rule_ends_the_connection_with_its_code(
        self, loopback: Loopback, bad: bytes, code: int
    ) -> None:
        client, handler = loopback.connect()
        bystander, _ = loopback.connect(Recorder(echo))

        client.send(bad)

        assert client.receive_close() == code
        client.receive_end()
        assert handler.codes == [code]
        bystander.text("still here")
        assert bystander.receive_text() == b"still here"

    def test_a_client_that_broke_a_rule_sees_the_end_at_once(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(close_timeout_s=30.0)
        client, _ = loopback.connect()

        client.send(client_frame(7))

        assert client.receive_close() == 1002
        client.sock.settimeout(1.0)
        client.receive_end()
        client.close()
        eventually(lambda: loopback.hub.stats()["connections"] == 0)

    def test_good_messages_before_a_bad_one_are_handled(self, loopback: Loopback) -> None:
        client, handler = loopback.connect(Recorder(echo))

        client.send(client_frame(TEXT, b"good"), client_frame(7), client_frame(TEXT, b"never"))

        assert client.receive_until_close() == ([b"good"], 1002)
        assert handler.texts == [b"good"]

    @pytest.mark.parametrize("end", [Client.close, Client.reset])
    def test_a_connection_that_breaks_off_is_closed_with_1006(
        self, loopback: Loopback, end: Callable[[Client], None]
    ) -> None:
        client, handler = loopback.connect()

        end(client)

        eventually(lambda: handler.codes == [1006])
        assert loopback.hub.stats()["connections"] == 0

    def test_a_failing_handler_ends_its_connection_only_and_is_logged(
        self, loopback: Loopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        client, handler = loopback.connect(Recorder(explode))
        bystander, _ = loopback.connect(Recorder(echo))

        client.text("explode")

        assert client.receive_close() == 1011
        assert handler.codes == [1011]
        assert "ZeroDivisionError" in caplog.text
        bystander.text("still here")
        assert bystander.receive_text() == b"still here"

    def test_a_client_s_mistake_is_one_line_in_the_log(
        self, loopback: Loopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(_recorder: Recorder, data: bytes) -> None:
            raise ClientMistake("not JSON")

        client, handler = loopback.connect(Recorder(refuse))

        client.text("nonsense")

        assert client.receive_close() == 1011
        eventually(lambda: handler.codes == [1011])
        assert [record.getMessage() for record in caplog.records] == ["Recorder refused a message: not JSON"]
        assert not caplog.records[0].exc_info

    def test_even_a_handler_that_wants_to_exit_does_not_end_the_hub(
        self, loopback: Loopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Exiting(Recorder):
            def opened(self, connection: Connection) -> None:
                super().opened(connection)
                raise SystemExit("opened")

            def closed(self, code: int) -> None:
                super().closed(code)
                raise KeyboardInterrupt

        client, handler = loopback.connect(Exiting())

        assert client.receive_close() == 1011
        assert handler.codes == [1011]
        survivor, _ = loopback.connect(Recorder(echo))
        survivor.text("alive")
        assert survivor.receive_text() == b"alive"
        assert len([record for record in caplog.records if record.exc_info]) == 2

    def test_a_failing_call_is_logged_and_the_hub_goes_on(
        self, loopback: Loopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        client, _ = loopback.connect(Recorder(echo))

        loopback.hub.call_later(int, "no number")
        client.text("alive")

        assert client.receive_text() == b"alive"
        assert "int failed on the hub" in caplog.text


class TestClosing:
    def test_what_was_sent_goes_first_and_nothing_after(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()
        connection = opened(handler)

        connection.send(Opcode.TEXT, b"first")
        connection.close(1001, "bye")
        connection.send(Opcode.TEXT, b"late")
        connection.close(4000)

        assert client.receive_until_close() == ([b"first"], 1001)
        client.send(client_frame(CLOSE, b"\x03\xe9"))
        client.receive_end()
        assert handler.codes == [1001]

    def test_messages_of_a_client_being_closed_are_thrown_away(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()

        opened(handler).close(1001)
        assert client.receive_close() == 1001
        client.text("late")
        client.send(client_frame(CLOSE, b"\x03\xe9"))

        client.receive_end()
        assert handler.texts == []

    def test_a_client_that_never_answers_is_cut(self, make_loopback: MakeLoopback) -> None:
        client, handler = make_loopback(close_timeout_s=0.05).connect()

        opened(handler).close(1001)

        assert client.receive_close() == 1001
        client.receive_end()

    @pytest.mark.parametrize(
        "last",
        [[client_frame(CLOSE, b"\x03\xe9")], [client_frame(CLOSE, b"\x03\xe9"), b"\x81"]],
        ids=["", "more"],
    )
    def test_what_a_client_sends_last_is_no_matter_of_the_next_one(
        self, loopback: Loopback, last: list[bytes]
    ) -> None:
        leaver, handler = loopback.connect()
        opened(handler).close(1001, "logged out")
        assert leaver.receive_close() == 1001
        leaver.send(b"".join(last))
        leaver.receive_end()
        client, _ = loopback.connect(Recorder(echo))

        client.send(client_frame(TEXT, b"one") + client_frame(TEXT, b"two"))

        assert [client.receive_text() for _ in range(2)] == [b"one", b"two"]

    def test_a_handler_may_close_from_within_a_message(self, loopback: Loopback) -> None:
        def leave(recorder: Recorder, data: bytes) -> None:
            opened(recorder).send(Opcode.TEXT, data)
            opened(recorder).close(4001)
            assert recorder.codes == [], "closed() must not be called within a message"

        client, handler = loopback.connect(Recorder(leave))

        client.send(client_frame(TEXT, b"bye"), client_frame(TEXT, b"bye again"))

        texts, code = client.receive_until_close()
        assert (texts[0], code) == (b"bye", 4001)
        assert handler.codes == [4001]

    def test_a_new_connection_with_the_old_descriptor_gets_nothing_of_the_old(
        self, loopback: Loopback
    ) -> None:
        old_client, old_handler = loopback.connect()
        old = opened(old_handler)
        number = old.fd  # type: ignore[attr-defined]  # the hub's own
        old_client.reset()
        eventually(lambda: old.fd == -1)  # type: ignore[attr-defined]

        client, handler = loopback.connect()
        while opened(handler).fd != number:  # type: ignore[attr-defined]
            client, handler = loopback.connect()
        old.send(Opcode.TEXT, b"for the old one")
        old.close(4000)
        opened(handler).send(Opcode.TEXT, b"for the new one")

        assert client.receive_text() == b"for the new one"
        assert (old_handler.codes, handler.codes) == ([1006], [])


class TestRate:
    def test_too_many_messages_close_with_1008_after_a_generous_burst(
        self, make_loopback: MakeLoopback
    ) -> None:
        loopback = make_loopback(rate_per_s=1, rate_burst=20)
        client, handler = loopback.connect(Recorder(echo))
        other, _ = loopback.connect(Recorder(echo))

        client.send(*[client_frame(TEXT, b"x") for _ in range(40)])

        texts, code = client.receive_until_close()
        assert (len(texts), code) == (20, 1008)
        assert len(handler.texts) == 20
        other.text("still here")
        assert other.receive_text() == b"still here"

    @pytest.mark.parametrize("reads", [1, 10])
    def test_fragments_count_too_though_less_than_messages(
        self, make_loopback: MakeLoopback, reads: int
    ) -> None:
        loopback = make_loopback(rate_per_s=1, rate_burst=20)
        client, handler = loopback.connect(Recorder(echo))
        part = client_frame(CONTINUATION, final=False)

        client.send(client_frame(TEXT, b"a", final=False))
        for _ in range(reads):
            client.send(part * (600 // reads))
            client.send(client_frame(PING))
        client.send(client_frame(CONTINUATION))
        client.send(client_frame(TEXT, b"one more"))

        frames = [client.receive()]
        while frames[-1][0] != CLOSE:
            frames.append(client.receive())
        assert frames[-1][1][:2] == (1008).to_bytes(2, "big")
        assert handler.codes == [1008]

    def test_a_message_of_a_hundred_fragments_is_within_the_burst(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(rate_per_s=1, rate_burst=20)
        client, _ = loopback.connect(Recorder(echo))

        client.send(client_frame(TEXT, b"a", final=False))
        client.send(client_frame(CONTINUATION, b"b", final=False) * 100)
        client.send(client_frame(CONTINUATION, b"c"))

        assert client.receive_text() == b"a" + b"b" * 100 + b"c"

    def test_a_rate_under_the_limit_may_go_on_for_long(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(rate_per_s=1_000_000, rate_burst=10_000)
        client, _ = loopback.connect(Recorder(echo))

        for _ in range(200):
            client.text("x")
            assert client.receive_text() == b"x"
