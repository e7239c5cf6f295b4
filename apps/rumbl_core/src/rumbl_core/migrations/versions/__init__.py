"""One file per step, each with the way up and the way back."""
