"""What user code touches instead of the raw primitive; both runtimes stand behind it."""
