"""The owner's side of videos. Every action gets its user first, as a reminder to ask for that user's rows."""

from __future__ import annotations

from typing import Final

from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.multimedia import Video
from rumbl_core.result import Error, Ok
from rumbl_web import flash, params
from rumbl_web.controllers.gallery_controller import SORTS
from rumbl_web.gettext import gettext, noop
from rumbl_web.pagination import Listed, asked
from rumbl_web.views.addresses import video_path
from rumbl_web.views.form_view import Form
from rumbl_web.views.video_view import DEMO_URL, category_select_options

PAGE: Final = 24
LABELS: Final = {
    "url": noop("Url"),
    "title": noop("Title"),
    "category_id": noop("Category"),
    "description": noop("Description"),
}
SHOWN_AT: Final = {"category": "category_id"}


def index(current_user: User) -> ResponseReturnValue:
    """All videos of the user, newest first, a page at a time."""
    page = multimedia.list_user_videos_page(current_user, asked(PAGE))
    return render_template("video/index.html", list=Listed(page, url_for("video.index"), SORTS))


def new(_current_user: User) -> ResponseReturnValue:
    """An empty form."""
    return _form("video/new.html", multimedia.change_video(Video()))


def create(current_user: User) -> ResponseReturnValue:
    """Add a video, or show the form again."""
    match multimedia.create_video(current_user, _attributes()):
        case Ok(video):
            flash.put("info", gettext("Video created successfully."))
            return redirect(video_path("show", video))
        case Error(changeset):
            return _form("video/new.html", changeset)


def show(current_user: User, id: str) -> ResponseReturnValue:
    """One video of the user with everything that is known of it."""
    return render_template("video/show.html", video=multimedia.get_user_video_or_raise(current_user, id))


def edit(current_user: User, id: str) -> ResponseReturnValue:
    """The form, filled."""
    video = multimedia.get_user_video_or_raise(current_user, id)
    return _form("video/edit.html", multimedia.change_video(video), video)


def update(current_user: User, id: str) -> ResponseReturnValue:
    """Store what changed, or show the form again."""
    video = multimedia.get_user_video_or_raise(current_user, id)
    match multimedia.update_video(video, _attributes()):
        case Ok(updated):
            flash.put("info", gettext("Video updated successfully."))
            return redirect(video_path("show", updated))
        case Error(changeset):
            return _form("video/edit.html", changeset, video)


def delete(current_user: User, id: str) -> ResponseReturnValue:
    """Delete the video and, with it, its notes."""
    video = multimedia.get_user_video_or_raise(current_user, id)
    multimedia.delete_video(video)
    current_app.extensions["rumbl_web"].video_deleted(video.id)
    flash.put("info", gettext("Video deleted successfully."))
    return redirect(url_for("video.index"))


def _attributes() -> params.Params:
    """The fields sent; the choice "demo clip" stands for the clip's address."""
    fields = params.required("video")
    source = fields.pop("source", None)
    return {**fields, "url": DEMO_URL} if source == "demo" else fields


def _form(template: str, changeset: Changeset[Video], video: Video | None = None) -> ResponseReturnValue:
    options = category_select_options(multimedia.list_alphabetical_categories())
    form = Form("video", changeset, LABELS, SHOWN_AT)
    return render_template(template, form=form, options=options, video=video)
