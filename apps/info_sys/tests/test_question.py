import pytest

from info_sys.question import Question, is_of_the_world, is_question, parse, subject

CHAT = """
nice goal!
what a goal!
what a save
lol
haha that was great
I love this part
2024-01-02
the score is 2-1
see you at 5:30
brb
who's with me!
same here
where were we
OMG 10/10
call 555-1234
how cool is that!
thanks @ana
https://example.com/watch?v=abc
why is
that?
""".strip().splitlines()


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("!wiki Ada Lovelace", Question("Ada Lovelace", "wiki")),
        ("  !Wolfram 1 + 1 ", Question("1 + 1", "wolfram")),
        ("!define", Question("", "define")),
        ("!!", Question("!!")),
        ("! wiki", Question("! wiki")),
        ("!" + "x" * 40 + " y", Question("!" + "x" * 40 + " y")),
        ("no! wiki x", Question("no! wiki x")),
    ],
)
def test_a_bang_names_whom_to_ask(typed, question):
    assert parse(typed) == question


@pytest.mark.parametrize(
    "text",
    ["1 + 1", "2*3=", "what is elixir", "How old is the universe?", "define entropy", "who's Ada Lovelace",
     "convert 3 miles to km", "really?", "berechne 7 hoch 2", "\u0645\u0627 \u0647\u0630\u0627\u061f",
     "\u0627\u062d\u0633\u0628 pi", "\u0662 + \u0662"],
)  # fmt: skip
def test_these_are_questions(text):
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    ["", "??", "\u061f", "what", "berechne", "why is\nthat?", "why " + "x" * 300 + "?", "nice goal!",
     "Rechne nicht mit mir",
     "\u0627\u062d\u0633\u0628 \u0627\u0646\u0647 \u0647\u062f\u0641"],  # "I guess that's a goal"
)  # fmt: skip
def test_these_are_none(text):
    assert not is_question(text)


@pytest.mark.parametrize("line", CHAT)
def test_plain_chat_is_no_question_about_the_world(line):
    assert not is_of_the_world(line)


@pytest.mark.parametrize(
    "text",
    [
        "did you see that?",
        "who are you?",
        "where is he going?",
        "can anyone hear me?",
        "hast du das gesehen?",
        "Was ist das?",
        "Wie alt ist er?",
        "Ist das euer Hund?",
        "Wem geh\u00f6rt deiner?",
        "Wer hat das gesagt?",
        "Was ist das f\u00fcr ein Lied?",
        "\u0645\u0627 \u0647\u0630\u0627\u061f",  # "what is this?"
        "\u0647\u0644 \u0631\u0623\u064a\u062a \u0627\u0644\u0647\u062f\u0641\u061f",  # "seen the goal?"
    ],
)
def test_what_is_asked_among_us_is_not_about_the_world(text):
    assert is_question(text)
    assert not is_of_the_world(text)


@pytest.mark.parametrize(
    "text",
    [
        "who was Ada Lovelace?",
        "how far is the moon?",
        "what is a black hole",
        "who was W. E. B. Du Bois?",
        "what is chow mein?",
        "what's Cirque du Soleil?",
        "is Cirque du Soleil Canadian?",
        "did Du Bois found the NAACP?",
        "does a colony end when the queen dies?",
        "Was ist EUR?",
        "Wann st\u00fcrzte die Mir ab?",
        "Was ist das Higgs-Boson?",
        "wer war Ada Lovelace?",
        "\u0645\u0646 \u0647\u064a \u0622\u062f\u0627\u061f",  # "who is Ada?"
    ],
)
def test_these_are_about_the_world(text):
    assert is_of_the_world(text)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("What is a black hole?", "black hole"),
        ("who was Ada Lovelace", "Ada Lovelace"),
        ("what's the Higgs boson?", "Higgs boson"),
        ("define entropy", "entropy"),
        ("tell me about Kyoto!", "Kyoto"),
        ("whatever", "whatever"),
        ("Ada Lovelace", "Ada Lovelace"),
    ],
)
def test_the_subject_is_what_is_left_without_the_asking(text, about):
    assert subject(text) == about


def test_even_endless_lines_are_read_in_no_time():
    for line in ("!" + "a" * 100_000, "what is " * 20_000, "1 " * 50_000, " " * 100_000):
        assert not is_question(line)
        parse(line)
