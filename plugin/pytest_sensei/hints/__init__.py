"""The hint catalogue and its ladders."""
