"""Watches concurrent tests: proves deadlocks, leaks and races, draws them and gives hints."""
