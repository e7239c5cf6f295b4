"""Who is watching: one key per user, one meta per tab or device."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from rumbl_core import accounts
from rumbl_core.errors import Unavailable
from rumbl_web.phoenix import presence
from rumbl_web.phoenix.mistakes import Mistakes
from rumbl_web.views import user_view

log = logging.getLogger(__name__)
_nameless = Mistakes(others="such lists")

MAX_LISTED = 250
"""Sessions in one room up to which everybody is named; a larger crowd is counted (docs/adr/0001)."""


class Presence(presence.Presence):
    """Adds the user to every entry, in one query for a batch: a name in the metas would go stale."""

    def fetch(self, topic: str, entries: Mapping[str, Any]) -> dict[str, Any]:
        """Decorate entries `{key: {"metas": [...]}}` with `user`, null for a key without a user.

        Raises Undecorated while the database is away: until it is back, everybody looks like a guest.
        """
        try:
            users = {str(user.id): user for user in accounts.list_users_with_ids(list(entries))}
        except Unavailable as error:
            _nameless.report(log, "who is on %r is told without names: %s", topic, error)
            raise presence.Undecorated from error
        return {key: {**entry, "user": _user(users.get(key))} for key, entry in entries.items()}


def _user(user: accounts.User | None) -> user_view.UserJson | None:
    return None if user is None else user_view.user_json(user)
