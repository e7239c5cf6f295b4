import pytest
from redis import Redis

from info_sys import Answer, Backend, Outcome, Result, letters
from info_sys.letters import Found, Letter, Letterbox, Told, send, stream
from info_sys.testing import eventually


class Source(Backend):
    name, title = "source", "The Source"


@pytest.fixture
def redis(redis_server):
    return Redis.from_url(redis_server.url, decode_responses=True)


@pytest.fixture
def boxes(redis, monkeypatch):
    monkeypatch.setattr(letters, "WAIT_S", 0.05)  # so that they end soon
    made = []

    def make(reader, handle):
        made.append(Letterbox(redis, "site", reader, handle))
        made[-1].start()
        return made[-1]

    yield make
    for box in made:
        box.stop()


def letter(number):
    return Letter(str(number), (), ())


def test_an_answer_travels_whole():
    source = Source()
    result = Result(7, "fünf", source, "https://example.com/")
    answer = Answer([result], [Outcome(source, "answered", (result,), 12.5), Outcome(source, "late")])
    sent = Letter.read(Letter.of("note 1", answer).write())
    assert sent == Letter(
        "note 1",
        (Found(7, "fünf", "source", "The Source", "https://example.com/"),),
        (Told("source", "The Source", "answered", 12.5, 7), Told("source", "The Source", "late", None, None)),
    )


def test_every_letter_is_read_by_one_of_the_readers(redis, boxes):
    read = {"a": [], "b": []}
    for reader, got in read.items():
        boxes(reader, got.append)
    for number in range(50):
        send(redis, "site", letter(number))
    eventually(lambda: len(read["a"]) + len(read["b"]) == 50)
    assert {got.reference for got in read["a"] + read["b"]} == {str(n) for n in range(50)}
    eventually(lambda: redis.xlen(stream("site")) == 0)


def test_what_came_before_anybody_read_is_read(redis, boxes):
    send(redis, "site", letter(1))
    got = []
    boxes("a", got.append)
    eventually(lambda: got == [letter(1)])


def test_a_letter_of_a_reader_who_died_goes_to_another(redis, boxes, monkeypatch):
    monkeypatch.setattr(letters, "DEAD_S", 0.1)
    redis.xgroup_create(stream("site"), "askers", id="0", mkstream=True)
    send(redis, "site", letter(1))
    redis.xreadgroup("askers", "dead", {stream("site"): ">"})
    got = []
    boxes("a", got.append)
    eventually(lambda: got == [letter(1)])


def test_a_reader_that_fails_gets_its_letter_again(redis, boxes, monkeypatch, caplog):
    monkeypatch.setattr(letters, "DEAD_S", 0.1)
    got = []

    def fail_once(letter):
        got.append(letter)
        if len(got) == 1:
            raise RuntimeError("the database is away")

    boxes("a", fail_once)
    send(redis, "site", letter(1))
    eventually(lambda: got == [letter(1), letter(1)])
    assert "could not be dealt with" in caplog.text
    eventually(lambda: redis.xlen(stream("site")) == 0)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"reference": "1", "found": [{}], "told": []}'])
def test_nonsense_is_thrown_away_and_said(redis, boxes, caplog, text):
    redis.xadd(stream("site"), {"letter": text})
    send(redis, "site", letter(1))
    got = []
    boxes("a", got.append)
    eventually(lambda: got == [letter(1)])
    assert "can't be read" in caplog.text
