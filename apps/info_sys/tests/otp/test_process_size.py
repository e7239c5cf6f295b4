import gc
import sys
import tracemalloc

from info_sys.otp import Process
from info_sys.otp.process import all_alive
from info_sys.testing import eventually


def test_a_hundred_thousand_idle_processes_fit():
    before = len(all_alive())
    gc.disable()
    tracemalloc.start()
    processes = [Process().start() for _ in range(100_000)]
    bytes_each = tracemalloc.get_traced_memory()[0] / 100_000
    tracemalloc.stop()
    gc.enable()
    assert len(all_alive()) == before + 100_000
    assert bytes_each < 500
    for process in processes:
        process.exit()
    eventually(lambda: len(all_alive()) == before)


def test_an_idle_process_is_a_small_object():
    assert sys.getsizeof(Process()) <= 96
