"""What a site under development would have sent. Nowhere else there is such a page."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from rumbl_web.views import mail_view


def index() -> ResponseReturnValue:
    """The mails of the mailbox, the newest first."""
    mailbox = mail_view.mailer().mailbox
    if mailbox is None:
        abort(404)
    return render_template("mailbox/index.html", mails=mailbox.kept(), here=request.host_url)
