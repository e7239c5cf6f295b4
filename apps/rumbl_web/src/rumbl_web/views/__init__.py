"""What the templates call: plain functions of their arguments, testable alone."""
