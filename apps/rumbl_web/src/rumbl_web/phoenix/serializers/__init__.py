"""The protocol versions a client may ask for."""

from rumbl_web.phoenix.serializers.versions import for_version

__all__ = ["for_version"]
