"""Transports of the channels: the frame codec, the hub that owns every socket, and the WebSocket upgrade."""
