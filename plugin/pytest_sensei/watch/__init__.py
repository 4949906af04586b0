"""The watched runtime: who holds and waits for what, and what is left behind."""
