"""The explored runtime: every interleaving of a test, under a scheduler that owns each switch."""
