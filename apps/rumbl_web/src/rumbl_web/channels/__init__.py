"""rumbl's own sockets and channels, on top of `rumbl_web.phoenix`."""
