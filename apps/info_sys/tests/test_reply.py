import pytest

from info_sys.reply import Reply


def test_each_kind_is_read_as_what_it_says_it_is():
    assert Reply(b'{"a": 1}', "application/json; charset=utf-8").json() == {"a": 1}
    assert Reply(b"<a/>", "text/xml").xml().tag == "a"
    assert Reply("zwölf".encode(), "text/plain;charset=utf-8").text() == "zwölf"


@pytest.mark.parametrize("read", [Reply.json, Reply.xml, Reply.text])
def test_a_wrong_type_is_refused(read):
    with pytest.raises(ValueError, match="by its content type"):
        read(Reply(b"<html>", "text/html"))
    with pytest.raises(ValueError, match="by its content type"):
        read(Reply(b""))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": 1} x', b"9" * 10_000])
def test_broken_json_is_a_value_error(body):
    with pytest.raises(ValueError, match="no JSON"):
        Reply(body, "application/json").json()


@pytest.mark.parametrize(
    "body", [b"", b"<a>", b"<!DOCTYPE a><a/>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"\xff\xfe"]
)
def test_broken_or_dangerous_xml_is_a_value_error(body):
    with pytest.raises(ValueError, match="no safe XML"):
        Reply(body, "text/xml").xml()
