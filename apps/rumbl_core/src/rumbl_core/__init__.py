"""rumbl_core: the domain of rumbl. Its doors are the contexts accounts and multimedia."""
