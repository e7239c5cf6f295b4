"""Multimedia: videos, categories, annotations, players. The only door to them."""

from rumbl_core.multimedia.annotation import Annotation
from rumbl_core.multimedia.category import Category
from rumbl_core.multimedia.context import (
    annotate_video,
    change_video,
    count_annotations,
    create_category_or_raise,
    create_video,
    delete_video,
    get_user_video_or_raise,
    get_video,
    get_video_or_raise,
    latest_annotation_ids,
    list_alphabetical_categories,
    list_annotations,
    list_annotations_after,
    list_annotations_page,
    list_newest_videos,
    list_recent_annotations,
    list_user_videos,
    list_videos,
    update_video,
)
from rumbl_core.multimedia.permalink import param as video_param
from rumbl_core.multimedia.player import PlayerSource, player_id, player_source
from rumbl_core.multimedia.video import Video

__all__ = [
    "Annotation",
    "Category",
    "PlayerSource",
    "Video",
    "annotate_video",
    "change_video",
    "count_annotations",
    "create_category_or_raise",
    "create_video",
    "delete_video",
    "get_user_video_or_raise",
    "get_video",
    "get_video_or_raise",
    "latest_annotation_ids",
    "list_alphabetical_categories",
    "list_annotations",
    "list_annotations_after",
    "list_annotations_page",
    "list_newest_videos",
    "list_recent_annotations",
    "list_user_videos",
    "list_videos",
    "player_id",
    "player_source",
    "update_video",
    "video_param",
]
