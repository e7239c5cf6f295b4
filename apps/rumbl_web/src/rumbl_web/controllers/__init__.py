"""Actions: take a request apart, ask a context, choose a page or a redirect."""
