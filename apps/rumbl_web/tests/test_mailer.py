"""Mails in the background: tried again, bounded, and quiet about whom they go to."""

from __future__ import annotations

import logging
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest

from info_sys.otp.supervisor import Supervisor
from info_sys.testing import eventually
from rumbl_web import mailer
from rumbl_web.mail import Collected, DeliveryError, Mail, Mailbox, Smtp
from rumbl_web.mailer import MAX_JOBS, Mailer

MAIL = Mail("ana@example.org", "Subject", "https://rumbl.example/reset/secret")


class Flaky(Collected):
    def __init__(self, *errors: DeliveryError) -> None:
        super().__init__()
        self.errors = list(errors)

    def deliver(self, message: EmailMessage) -> None:
        if self.errors:
            raise self.errors.pop(0)
        super().deliver(message)


def test_a_mail_that_was_not_taken_is_tried_again() -> None:
    adapter = Flaky(*[DeliveryError("busy", final=False)] * 2)
    assert Mailer(adapter, pauses_s=(0.0, 0.0)).send(MAIL)
    assert len(adapter.mails) == 1


@pytest.mark.parametrize(("final", "left"), [(False, 2), (True, 4)])
def test_what_is_never_taken_is_given_up_and_told_without_secrets(
    caplog: pytest.LogCaptureFixture, final: bool, left: int
) -> None:
    adapter = Flaky(*[DeliveryError("refused 550", final=final)] * 5)
    with caplog.at_level(logging.ERROR):
        assert not Mailer(adapter, pauses_s=(0.0, 0.0)).send(MAIL)
    assert len(adapter.errors) == left
    assert "a mail could not be sent: refused 550" in caplog.text
    assert "ana" not in caplog.text
    assert "secret" not in caplog.text


def test_jobs_run_on_other_threads_and_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    sending, go, ran = Mailer(Collected()), threading.Event(), []
    supervisor = Supervisor([sending.child_spec()], name="test_mailer").start()

    def job(number: int) -> None:
        go.wait(10)
        ran.append((number, threading.get_ident()))

    with caplog.at_level(logging.ERROR):
        for number in range(MAX_JOBS + 1):
            sending.later(job, number)
    assert "a mail is not sent: MaxChildren" in caplog.text
    go.set()
    eventually(lambda: len(ran) == MAX_JOBS)
    assert sending.wait(5)
    assert threading.get_ident() not in {thread for _, thread in ran}
    supervisor.stop()


def test_before_its_start_and_after_its_end_nothing_is_sent() -> None:
    sending = Mailer(Collected())
    sending.later(sending.send, MAIL)
    assert isinstance(sending._adapter, Collected)
    assert sending._adapter.mails == []


def test_which_way_mails_go(tmp_path: Path) -> None:
    assert mailer.adapter(None, "prod", tmp_path) is None
    assert isinstance(mailer.adapter(None, "dev", tmp_path), Mailbox)
    for env in ("dev", "prod"):
        assert isinstance(mailer.adapter("smtp://mail.example", env, tmp_path), Smtp)
    assert not Mailer(None).sends
    assert not Mailer(None).send(MAIL)
    assert Mailer(Smtp("smtp://mail.example")).mailbox is None
    assert Mailer(Smtp("smtp://mail.example")).real
