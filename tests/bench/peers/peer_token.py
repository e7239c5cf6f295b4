"""The signed token that every server of the bench asks for, as the documentation of itsdangerous does it."""

from __future__ import annotations

from itsdangerous import BadData, URLSafeTimedSerializer

SECRET = "a secret of the bench, which guards nothing"
MAX_AGE_S = 14 * 24 * 60 * 60

signer = URLSafeTimedSerializer(SECRET, salt="user socket")


def is_valid(token: str | None) -> bool:
    """Whether `token` is one of ours and not too old."""
    try:
        signer.loads(token or "", max_age=MAX_AGE_S)
    except BadData:
        return False
    return True
