"""rumbl_web: the site, and the composition root of rumbl."""
