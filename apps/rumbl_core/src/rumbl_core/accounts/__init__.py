"""Accounts: users, registration, log in, sessions. The only door to them."""

from rumbl_core.accounts.context import (
    authenticate_by_username_and_pass,
    change_registration,
    change_user,
    create_session_token,
    create_user,
    delete_all_session_tokens,
    delete_session_token,
    get_user,
    get_user_by,
    get_user_by_session_token,
    get_user_or_raise,
    list_users,
    list_users_with_ids,
    register_user,
    session_alive,
    session_ref,
    sessions_alive,
)
from rumbl_core.accounts.user import User

__all__ = [
    "User",
    "authenticate_by_username_and_pass",
    "change_registration",
    "change_user",
    "create_session_token",
    "create_user",
    "delete_all_session_tokens",
    "delete_session_token",
    "get_user",
    "get_user_by",
    "get_user_by_session_token",
    "get_user_or_raise",
    "list_users",
    "list_users_with_ids",
    "register_user",
    "session_alive",
    "session_ref",
    "sessions_alive",
]
