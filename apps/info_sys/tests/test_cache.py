import threading

import pytest

from info_sys.cache import Cache, fetch, put, size
from info_sys.otp import KILLED
from info_sys.otp.task import Ok
from info_sys.testing import eventually


@pytest.fixture
def name(request):
    return request.node.name


@pytest.fixture
def start(name):
    """Starts the cache of this test; `start()` again starts its successor."""
    started = []

    def start(clear_interval_ms=60_000, **options):
        started.append(Cache(name, clear_interval_ms, **options).start())
        return started[-1]

    yield start
    for cache in started:
        cache.stop()


def assert_shutdown(process):
    heard = []
    process.monitor(heard.append)
    process.kill()
    eventually(lambda: [down.reason for down in heard] == [KILLED])


# The four tests of the book.


def test_key_value_pairs_can_be_put_and_fetched_from_cache(start, name):
    start()
    put("key1", "value1", cache=name)
    put("key2", "value2", cache=name)
    assert fetch("key1", cache=name) == Ok("value1")
    assert fetch("key2", cache=name) == Ok("value2")


def test_unfound_entry_returns_error(start, name):
    start()
    assert fetch("notexists", cache=name) is None


def test_clears_all_entries_after_clear_interval(start, name):
    start(clear_interval_ms=30)
    put("key1", "value1", cache=name)
    assert fetch("key1", cache=name) == Ok("value1")
    eventually(lambda: fetch("key1", cache=name) is None)
    put("key2", "value2", cache=name)
    eventually(lambda: size(name) == 0)


def test_values_are_cleaned_up_on_exit(start, name):
    cache = start()
    put("key1", "value1", cache=name)
    assert_shutdown(cache)
    assert fetch("key1", cache=name) is None
    start()
    assert fetch("key1", cache=name) is None


# And ours.


def test_a_cache_that_is_not_there_is_a_miss_and_swallows_a_put(name):
    put("key", "value", cache=name)
    assert fetch("key", cache=name) is None
    assert size(name) == 0


def test_none_is_a_value(start, name):
    start()
    put("key", None, cache=name)
    assert fetch("key", cache=name) == Ok(None)


def test_a_put_replaces_and_makes_young_again(start, name):
    start(max_entries=2)
    for key in ("a", "b", "a", "c"):
        put(key, key, cache=name)
    assert [fetch(key, cache=name) for key in "abc"] == [Ok("a"), None, Ok("c")]


def test_two_caches_know_nothing_of_each_other(start, name):
    start()
    other = Cache("other").start()
    put("key", "value", cache="other")
    assert fetch("key", cache=name) is None
    other.stop()


def test_many_writers_never_pass_the_limit(start, name):
    start(max_entries=50)
    writers = [
        threading.Thread(target=lambda me=me: [put((me, n), n, cache=name) for n in range(300)])
        for me in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert size(name) == 50


def test_the_owner_need_not_run_for_a_read_or_write(start, name):
    """Callers go to the table themselves: a busy owner is no bottleneck."""
    cache, gate = start(), threading.Event()
    cache.handle_info = lambda message: gate.wait(5) and None
    cache.send("busy")
    eventually(lambda: cache.queue_length == 0)
    put("key", "value", cache=name)
    assert fetch("key", cache=name) == Ok("value")
    gate.set()
