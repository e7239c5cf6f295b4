"""The names that every template may use."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, current_app, request

from rumbl_web import auth, csrf, flash, security, static_files
from rumbl_web.views import (
    annotation_view,
    card_view,
    session_view,
    time_view,
    user_view,
    video_view,
    words_view,
)
from rumbl_web.views.addresses import category_path, video_path, watch_path


def install(app: Flask) -> None:
    """Make helpers and request data known to the templates of `app`."""
    app.jinja_env.globals.update(
        layout="layout/app.html",
        current_user=auth.current_user,
        csrf_token=csrf.token,
        csp_nonce=security.nonce,
        flash_text=flash.get,
        static_path=static_files.static_path,
        rooted=static_files.rooted,
        video_path=video_path,
        watch_path=watch_path,
        category_path=category_path,
        cards_of=card_view.cards,
        category_name=video_view.category_name,
        public_url=public_url,
        is_current=is_current,
        path_here=path_here,
        script_words=words_view.script_words,
        first_name=user_view.first_name,
        initials=user_view.initials,
        device_text=session_view.device_text,
        ago=session_view.ago,
        day=session_view.day,
        tone=user_view.tone,
        notes_text=video_view.notes_text,
        videos_text=video_view.videos_text,
        link_target=video_view.link_target,
        source_of=annotation_view.source_json,
        DEMO_URL=video_view.DEMO_URL,
        format_time=time_view.format_time,
    )


def public_url(path: str) -> str:
    """`path`, which begins at the host, under the site's public address; without one it stays a path (a Host
    header proves nothing)."""
    base: str | None = current_app.config.get("RUMBL_ORIGIN")
    return f"{base}{path}" if base else path


def is_current(endpoint: str) -> bool:
    """Whether the page being made is `endpoint`: the navigation marks it."""
    return bool(request) and request.endpoint == endpoint


def path_here() -> str:
    """Where the reader is, to come back to; the page with the form if this one answers a form."""
    if request.method in {"GET", "HEAD"}:
        return f"{request.script_root}{request.full_path}".removesuffix("?")
    try:
        return urlsplit(request.referrer or "").path
    except ValueError:  # a client may say anything
        return ""
