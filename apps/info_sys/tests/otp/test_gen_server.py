import threading

import pytest

from info_sys.otp import NOPROC, AlreadyStarted, Exit, whereis
from info_sys.otp.gen_server import (
    CallTimeout,
    GenServer,
    MailboxFull,
    NoReply,
    ProcessDown,
    Reply,
    Stop,
    call,
    cast,
    reply,
)
from info_sys.testing import eventually


class Server(GenServer):
    """Does what it is told: requests are functions of the server and the caller."""

    def init(self, value=None, fail=None):
        self.value = value
        self.callers = []
        self.infos = []
        if fail is not None:
            raise fail

    def handle_call(self, request, caller):
        return request(self, caller)

    def handle_cast(self, request):
        return request(self)

    def handle_info(self, message):
        self.infos.append(message)


@pytest.fixture
def server():
    server = Server(1).start()
    yield server
    server.exit()
    assert server.wait(5)


def value(server, _caller):
    return Reply(server.value)


def keep(server, caller):
    server.callers.append(caller)
    return NoReply()


class TestCall:
    def test_gives_the_reply(self, server):
        assert call(server, value) == 1

    def test_works_by_name_while_the_server_lives(self):
        server = Server(5, name="named").start()
        assert call("named", value) == 5
        server.stop()
        assert whereis("named") is None
        with pytest.raises(ProcessDown) as caught:
            call("named", value)
        assert caught.value.reason == NOPROC

    def test_can_be_answered_later_by_anybody(self, server):
        answers = []
        asker = threading.Thread(target=lambda: answers.append(call(server, keep)))
        asker.start()
        eventually(lambda: server.callers)
        assert reply(server.callers[0], "later") is True
        assert reply(server.callers[0], "twice") is False
        asker.join()
        assert answers == ["later"]

    def test_raises_at_its_deadline_and_drops_the_late_reply(self, server):
        with pytest.raises(CallTimeout, match=r"0\.01 s"):
            call(server, keep, timeout_s=0.01)
        reply(server.callers[0], "late")
        assert call(server, value) == 1

    def test_raises_when_the_server_crashes_on_it(self, server):
        with pytest.raises(ProcessDown) as caught:
            call(server, lambda s, c: 1 / 0)
        assert isinstance(caught.value.reason, ZeroDivisionError)

    def test_raises_when_the_server_ends_before_its_turn(self, server):
        """What is left in a mailbox at death is answered."""
        gate = threading.Event()
        cast(server, lambda s: gate.wait(5) and None)
        eventually(lambda: server.queue_length == 0)
        reasons = []

        def ask():
            try:
                call(server, value)
            except ProcessDown as down:
                reasons.append(down.reason)

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        eventually(lambda: server.queue_length == 3)
        server.exit("closing")
        gate.set()
        for asker in askers:
            asker.join(5)
        assert reasons == ["closing"] * 3

    def test_raises_when_the_server_ends_owing_a_reply(self, server):
        cast(server, lambda s: None)
        timer = threading.Timer(0.01, server.exit, args=("forgot",))
        timer.start()
        with pytest.raises(ProcessDown, match="forgot"):
            call(server, keep)
        timer.join()

    def test_to_oneself_is_refused_instead_of_waiting_for_ever(self, server):
        with pytest.raises(ProcessDown, match="wait for itself"):
            call(server, lambda s, c: Reply(call(s, value)))

    def test_to_a_full_server_is_refused(self, server):
        gate = threading.Event()
        cast(server, lambda s: gate.wait(5) and None)
        eventually(lambda: server.queue_length == 0)
        for _ in range(server.max_mailbox):
            server.send("fill")
        with pytest.raises(MailboxFull):
            call(server, value)
        gate.set()

    def test_leaves_no_monitor_behind(self, server):
        call(server, value)
        with pytest.raises(CallTimeout):
            call(server, keep, timeout_s=0)
        assert not server._ties.monitors


class TestCallbacks:
    def test_may_stop_with_a_reply(self, server):
        assert call(server, lambda s, c: Stop("done", Reply("bye"))) == "bye"
        assert server.wait(5)
        assert server.exit_reason == "done"

    def test_may_stop_without_one(self, server):
        with pytest.raises(ProcessDown, match="done"):
            call(server, lambda s, c: Stop("done"))

    def test_of_casts_may_stop_too(self, server):
        cast(server, lambda s: Stop("cast"))
        assert server.wait(5)
        assert server.exit_reason == "cast"

    def test_with_a_wrong_result_crash_with_the_allowed_shapes(self, server):
        with pytest.raises(ProcessDown, match=r"handle_call must return .*NoReply.*, not 42"):
            call(server, lambda s, c: 42)
        other = Server(1).start()
        cast(other, lambda s: 42)
        assert other.wait(5)
        assert "handle_cast must return None or Stop(reason), not 42" in str(other.exit_reason)

    def test_for_other_messages_see_them_as_they_are(self, server):
        server.send({"any": "term"})
        eventually(lambda: server.infos == [{"any": "term"}])

    def test_that_are_missing_say_so(self):
        bare = GenServer().start()
        with pytest.raises(ProcessDown, match="no handle_call"):
            call(bare, "x")
        other = GenServer().start()
        cast(other, "x")
        assert other.wait(5)
        assert "no handle_cast" in str(other.exit_reason)


class TestStart:
    def test_gives_the_error_of_init_to_the_caller_and_frees_the_name(self):
        with pytest.raises(ValueError, match="no good"):
            Server(1, ValueError("no good"), name="stillborn").start()
        assert whereis("stillborn") is None

    def test_tells_monitors_of_a_failed_init(self):
        server, heard = Server(1, Exit("later")), []
        server.monitor(heard.append)
        with pytest.raises(Exit):
            server.start()
        assert [down.reason for down in heard] == ["later"]

    def test_under_a_taken_name_is_refused(self):
        first = Server(1, name="only").start()
        with pytest.raises(AlreadyStarted) as caught:
            Server(2, name="only").start()
        assert caught.value.process is first
        first.stop()

    def test_twice_is_refused_and_runs_init_once(self, server):
        with pytest.raises(RuntimeError, match="make a new one"):
            server.start()


def test_a_cast_to_nobody_is_false(server):
    assert cast("nobody", 1) is False
    server.stop()
    assert cast(server, 1) is False
