"""Every module has a test file in the same place, or says which other file tests it."""

from __future__ import annotations

import pytest

from tests.project import APPS, ROOT, Module, modules

CORE = "apps/rumbl_core/tests"
INFO = "apps/info_sys/tests"
WEB = "apps/rumbl_web/tests"
TESTED_ELSEWHERE = {
    **{
        f"info_sys.backends.{name}": f"{INFO}/backends/test_sources.py"
        for name in ("dictionary", "duckduckgo", "open_library", "wikidata", "wikipedia", "wolfram_short")
    },
    **{
        f"info_sys.backends.{name}": f"{INFO}/backends/test_local.py"
        for name in ("clock", "currency", "units")
    },
    **{f"info_sys.{name}": f"{INFO}/test_workers.py" for name in ("celery_app", "tasks")},
    "info_sys.testing_redis": f"{INFO}/test_workers.py",
    "info_sys.guard": f"{INFO}/test_http_client.py",
    "info_sys.result": f"{INFO}/test_system.py",
    "info_sys.testing": f"{INFO}/test_http_client.py",
    "rumbl_core.accounts.mail_token": f"{CORE}/accounts/test_mail.py",
    "rumbl_core.accounts.user": f"{CORE}/accounts/test_context.py",
    "rumbl_core.accounts.user_token": f"{CORE}/accounts/test_context.py",
    "rumbl_core.backend_seeds": f"{CORE}/test_seeds.py",
    "rumbl_core.errors": f"{CORE}/test_application.py",
    "rumbl_core.multimedia.annotation": f"{CORE}/multimedia/test_context.py",
    "rumbl_core.multimedia.question": f"{CORE}/multimedia/test_questions.py",
    "rumbl_core.multimedia.video": f"{CORE}/multimedia/test_context.py",
    "rumbl_core.pool": f"{CORE}/test_application.py",
    "rumbl_core.postgres.account": f"{CORE}/postgres/test_embedded.py",
    "rumbl_core.result": f"{CORE}/test_repo.py",
    "rumbl_core.schema": f"{CORE}/test_repo.py",
    "rumbl_web.request_head": f"{WEB}/test_gthread.py",
    "rumbl_web.__main__": "tests/integration/test_start.py",
    "rumbl_web.answers": f"{WEB}/channels/test_video_channel.py",
    "rumbl_web.cli": "tests/integration/test_start.py",
    "rumbl_web.mail.collected": f"{WEB}/mail/test_adapter.py",
    "rumbl_web.mail.kept": f"{WEB}/mail/test_adapter.py",
    "rumbl_web.mail.mail": f"{WEB}/mail/test_adapter.py",
    "rumbl_web.mail.mailbox": f"{WEB}/mail/test_adapter.py",
    "rumbl_web.mail.smtp": f"{WEB}/mail/test_adapter.py",
    "rumbl_web.notes": f"{WEB}/channels/test_video_channel.py",
    "rumbl_web.phoenix.pubsub_adapters.redis_link": f"{WEB}/phoenix/pubsub_adapters/test_redis.py",
    "rumbl_web.phoenix.testing_redis": f"{WEB}/phoenix/pubsub_adapters/test_redis.py",
    "rumbl_web.phoenix.transports.connection": f"{WEB}/phoenix/transports/test_hub.py",
    "rumbl_web.phoenix.transports.fanout": f"{WEB}/phoenix/transports/test_hub_fanout.py",
    "rumbl_web.phoenix.transports.wire": f"{WEB}/phoenix/transports/test_hub.py",
    "rumbl_web.server": "tests/integration/test_start.py",
    "rumbl_web.views.annotation_view": f"{WEB}/channels/test_video_channel.py",
    "rumbl_web.views.mail_view": f"{WEB}/controllers/test_reset_controller.py",
}


def has_a_test_file(module: Module) -> bool:
    folders = module.name.split(".")[1:-1]
    return (ROOT / "apps" / module.app / "tests").joinpath(*folders, f"test_{module.path.name}").is_file()


def needs_a_test_file(module: Module) -> bool:
    return not (module.is_package or ".migrations." in module.name or module.name in TESTED_ELSEWHERE)


@pytest.mark.parametrize("app", APPS)
def test_every_module_has_a_test_file_in_the_same_place(app: str) -> None:
    ours = [module for module in modules() if module.app == app and needs_a_test_file(module)]
    assert [module.name for module in ours if not has_a_test_file(module)] == []


def test_an_exception_is_a_module_that_is_there_without_a_test_file() -> None:
    named = {module.name: module for module in modules()}
    assert [name for name in TESTED_ELSEWHERE if name not in named or has_a_test_file(named[name])] == []


@pytest.mark.parametrize("place", sorted(set(TESTED_ELSEWHERE.values())))
def test_what_tests_an_exception_is_there(place: str) -> None:
    assert (ROOT / place).is_file()
