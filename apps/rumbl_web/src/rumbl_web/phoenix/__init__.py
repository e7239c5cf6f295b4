"""phoenix: channels, sockets, PubSub and presence. Knows info_sys.otp and nothing of rumbl."""
