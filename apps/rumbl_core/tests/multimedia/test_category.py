import pytest

from rumbl_core import multimedia, repo
from rumbl_core.result import Ok
from rumbl_core.testing import user_fixture, video_fixture

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.mark.spec("T12", "list_alphabetical_categories/0")
def test_list_alphabetical_categories() -> None:
    for name in ("Drama", "Action", "Comedy"):
        multimedia.create_category_or_raise(name)
    names = [category.name for category in multimedia.list_alphabetical_categories()]
    assert names == ["Action", "Comedy", "Drama"]


@pytest.mark.trap(29)
def test_the_order_is_that_of_letters_not_of_case() -> None:
    for name in ("b", "C", "a", "A"):
        multimedia.create_category_or_raise(name)
    names = [category.name for category in multimedia.list_alphabetical_categories()]
    assert [name.lower() for name in names] == ["a", "a", "b", "c"]


@pytest.mark.trap(16)
def test_making_one_twice_gives_the_first() -> None:
    first = multimedia.create_category_or_raise("Action")
    assert multimedia.create_category_or_raise("Action").id == first.id


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "a\x00"])
def test_an_impossible_name_raises(name: str) -> None:
    with pytest.raises(ValueError, match="category"):
        multimedia.create_category_or_raise(name)


def test_deleting_one_leaves_its_videos_without() -> None:
    category = multimedia.create_category_or_raise("Action")
    video = video_fixture(user_fixture(), category_id=category.id)
    assert isinstance(repo.delete(category), Ok)
    assert multimedia.get_video_or_raise(video.id).category is None
