import os
import threading

import pytest

from info_sys.otp import KILLED, NOPROC, NORMAL, SHUTDOWN, Down, Exit, ExitSignal, Process, current
from info_sys.otp.process import all_alive
from info_sys.testing import eventually


class Recorder(Process):
    __slots__ = ("ended", "seen")

    def __init__(self):
        super().__init__()
        self.seen = []
        self.ended = []

    def handle(self, message):
        match message:
            case BaseException():
                raise message
            case threading.Event():
                message.wait(5)
            case _ if callable(message):
                self.seen.append(message())
            case _:
                self.seen.append(message)

    def terminate(self, reason):
        self.ended.append(reason)


class Trapper(Recorder):
    __slots__ = ()
    trap_exit = True


@pytest.fixture
def process():
    process = Recorder().start()
    yield process
    process.exit()
    assert process.wait(5)


@pytest.fixture
def gate(process):
    """Holds `process` inside a message until it is set."""
    gate = threading.Event()
    process.send(gate)
    eventually(lambda: process.queue_length == 0)
    yield gate
    gate.set()


class TestMail:
    def test_is_handled_in_the_order_of_sending(self, process):
        for number in range(1000):
            assert process.send(number)
        eventually(lambda: len(process.seen) == 1000)
        assert process.seen == list(range(1000))

    def test_sent_before_the_start_waits_for_it(self):
        process = Recorder()
        assert process.send("early")
        assert not process.alive
        process.start()
        eventually(lambda: process.seen == ["early"])
        process.stop()

    def test_is_refused_by_a_dead_process(self, process):
        process.stop()
        assert process.send("late") is False
        assert process.seen == []

    def test_costs_memory_only_while_it_waits(self, process):
        process.send("x")
        eventually(lambda: process.seen == ["x"])
        assert process._mailbox is None

    def test_beyond_the_limit_is_dropped_counted_and_told_once(self, process, gate, caplog):
        for _ in range(Recorder.max_mailbox):
            assert process.send("fits")
        assert process.send("too much") is False
        assert process.send("too much") is False
        assert process.dropped == 2
        assert caplog.text.count("is full") == 1
        gate.set()
        eventually(lambda: process.queue_length == 0 and "too much" not in process.seen)

    def test_of_a_busy_process_does_not_starve_the_others(self):
        class Endless(Process):
            def handle(self, message):
                self.send(message)

        greedy = [Endless().start() for _ in range(8)]
        for one in greedy:
            one.send("again")
        modest = Recorder().start()
        modest.send("me too")
        eventually(lambda: modest.seen == ["me too"])
        for one in [*greedy, modest]:
            one.stop()


class TestTurns:
    def test_never_overlap_and_lose_nothing_with_many_senders(self):
        """Six senders, 3,000 messages each: every one once, in each sender's order, never at once."""
        inside, overlaps, seen = [], [], []

        class Exclusive(Process):
            max_mailbox = 100_000

            def handle(self, message):
                inside.append(message)
                if len(inside) != 1:
                    overlaps.append(list(inside))
                seen.append(message)
                inside.clear()

        process = Exclusive().start()
        senders = [
            threading.Thread(target=lambda me=me: [process.send((me, n)) for n in range(3000)])
            for me in range(6)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        eventually(lambda: len(seen) == 18_000)
        assert overlaps == []
        for me in range(6):
            assert [n for sender, n in seen if sender == me] == list(range(3000))
        process.stop()

    def test_lose_no_wake_up_between_the_last_message_and_going_idle(self, process):
        for _ in range(2000):
            handled = threading.Lock()
            handled.acquire()
            process.send(handled.release)
            assert handled.acquire(timeout=5)

    def test_know_their_process(self, process):
        process.send(current)
        eventually(lambda: process.seen == [process])
        assert current() is None

    def test_end_after_64_messages_so_that_others_have_theirs(self, process, gate):
        for number in range(640):
            process.send(number)
        gate.set()
        eventually(lambda: len(process.seen) == 640)
        assert process.turns == 11

    def test_are_counted(self, process):
        process.send("one")
        eventually(lambda: process.turns == 1)


class TestAnEnd:
    def test_by_stop_gives_the_reason_and_runs_terminate_once(self, process):
        process.stop()
        assert (process.alive, process.exit_reason, process.ended) == (False, NORMAL, [NORMAL])
        process.exit("again")
        process.stop()
        assert (process.exit_reason, process.ended) == (NORMAL, [NORMAL])

    def test_by_exit_raised_in_a_message_gives_its_reason_and_drops_the_mail_behind_it(self, process, gate):
        process.send(Exit("enough"))
        process.send("never")
        gate.set()
        assert process.wait(5)
        assert (process.exit_reason, process.seen) == ("enough", [])

    def test_by_a_crash_gives_the_exception_and_a_log_entry_without_the_message(self, process, caplog):
        error = ValueError("boom")
        process.send(error)
        assert process.wait(5)
        assert process.exit_reason is error
        assert "crashed on a message of type ValueError" in caplog.text

    @pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), RecursionError()])
    def test_by_any_exception_leaves_the_scheduler_whole(self, process, error):
        process.send(error)
        assert process.wait(5)
        other = Recorder().start()
        other.send("fine")
        eventually(lambda: other.seen == ["fine"])
        other.stop()

    def test_asked_for_from_outside_comes_after_the_current_message_and_before_the_next(self, process, gate):
        process.send("never")
        process.exit("asked")
        assert process.alive
        assert process.ending
        gate.set()
        assert process.wait(5)
        assert (process.exit_reason, process.seen) == ("asked", [])

    def test_asked_for_from_outside_comes_before_the_next_message_of_the_same_turn(self):
        process, inside, gate = Recorder(), threading.Event(), threading.Event()
        process.send(lambda: inside.set() or gate.wait(5))
        process.send("never")
        process.start()
        assert inside.wait(5)
        process.exit("asked")
        gate.set()
        assert process.wait(5)
        assert process.seen == [True]

    def test_by_kill_overrides_another_reason_and_still_cleans_up(self, process, gate):
        process.exit("asked")
        process.kill()
        gate.set()
        assert process.wait(5)
        assert process.ended == [KILLED]

    def test_of_an_idle_process_needs_no_mail(self, process):
        process.exit()
        assert process.wait(5)
        assert process.exit_reason == SHUTDOWN

    def test_survives_a_crash_in_terminate(self, caplog):
        class Messy(Process):
            def terminate(self, reason):
                raise RuntimeError("while cleaning")

        process = Messy().start()
        process.stop("done")
        assert process.exit_reason == "done"
        assert "crashed in terminate" in caplog.text

    def test_that_does_not_come_in_time_raises(self, process, gate):
        with pytest.raises(TimeoutError, match="did not stop within"):
            process.stop(timeout_s=0.01)

    def test_can_not_be_waited_for_by_the_process_itself(self, process):
        process.send(lambda: process.wait(1))
        assert process.wait(5)
        assert "raise Exit(reason) instead" in str(process.exit_reason)

    def test_happens_once_when_many_ask_at_the_same_time(self):
        for _ in range(200):
            process, heard = Recorder().start(), []
            process.monitor(heard.append)
            askers = [threading.Thread(target=process.exit, args=(n,)) for n in range(3)]
            for asker in askers:
                asker.start()
            process.send("mail")
            for asker in askers:
                asker.join()
            assert process.wait(5)
            assert len(heard) == len(process.ended) == 1

    def test_frees_the_object(self):
        before = len(all_alive())
        processes = [Recorder().start() for _ in range(100)]
        for process in processes:
            process.stop()
        assert len(all_alive()) == before

    def test_can_be_declared_for_a_process_that_does_not_come_back(self, process, gate):
        heard = []
        process.monitor(heard.append)
        process.abandon("lost")
        assert [down.reason for down in heard] == ["lost"]
        assert not process.alive
        gate.set()
        eventually(lambda: process.ended == ["lost"])
        assert len(heard) == 1

    def test_of_an_abandoned_idle_process_still_cleans_up(self, process):
        process.abandon("lost")
        assert not process.alive
        eventually(lambda: process.ended == ["lost"])

    def test_can_not_be_followed_by_a_second_start(self, process):
        process.stop()
        with pytest.raises(RuntimeError, match="make a new one"):
            process.start()


class TestMonitors:
    def test_hear_the_reason_as_a_message(self, process):
        watcher = Recorder().start()
        ref = process.monitor(watcher)
        process.kill()
        eventually(lambda: watcher.seen == [Down(ref, process, KILLED)])
        watcher.stop()

    def test_hear_after_terminate(self, process):
        order = []
        process.ended = order
        process.monitor(lambda down: order.append("down"))
        process.stop("x")
        assert order == ["x", "down"]

    def test_of_a_dead_process_hear_at_once(self, process):
        process.stop("gone")
        heard = []
        process.monitor(heard.append)
        assert [down.reason for down in heard] == ["gone"]

    def test_that_were_taken_back_hear_nothing(self, process):
        heard = []
        ref = process.monitor(heard.append)
        assert process.demonitor(ref)
        process.stop()
        assert heard == []
        assert process.demonitor(ref) is False

    def test_hear_even_with_a_full_mailbox(self, process, gate):
        for _ in range(Recorder.max_mailbox):
            process.send("fill")
        other = Recorder().start()
        other.monitor(process)
        other.stop("told")
        gate.set()
        eventually(lambda: process.queue_length == 0 and process.seen)
        eventually(lambda: getattr(process.seen[-1], "reason", None) == "told")

    def test_that_crash_do_not_keep_the_others_from_hearing(self, process, caplog):
        heard = []
        process.monitor(lambda down: 1 / 0)
        process.monitor(heard.append)
        process.stop()
        assert len(heard) == 1


class TestLinks:
    def test_pass_a_crash_on(self, process):
        other = Recorder().start()
        process.link(other)
        process.exit("broken")
        assert other.wait(5)
        assert other.exit_reason == "broken"

    def test_pass_no_normal_end_on(self, process):
        other = Recorder().start()
        process.link(other)
        process.stop()
        assert other.alive
        other.stop()

    def test_become_messages_for_a_process_that_traps_exits(self, process):
        trapper = Trapper().start()
        trapper.link(process)
        process.kill()
        eventually(lambda: trapper.seen == [ExitSignal(process, KILLED)])
        trapper.stop()

    def test_that_were_untied_pass_nothing_on(self, process):
        other = Recorder().start()
        process.link(other)
        other.unlink(process)
        process.stop("broken")
        assert other.alive
        other.stop()

    def test_to_a_dead_process_end_with_noproc(self, process):
        dead = Recorder().start()
        dead.stop()
        process.link(dead)
        assert process.wait(5)
        assert process.exit_reason == NOPROC


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_goes_on_with_threads_of_its_own(process, gate):
    """The idle ones work, what waited is handled, and the one whose turn was cut off is gone."""
    idle = Recorder().start()
    pid = os.fork()
    if pid == 0:
        try:
            process.wait(5)
            idle.send("in the child")
            eventually(lambda: idle.seen == ["in the child"])
            os._exit(0 if process.exit_reason == KILLED else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert process.alive
    assert idle.seen == []
    idle.stop()
