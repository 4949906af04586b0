"""Watches concurrent tests: proves deadlocks, leaks and races, draws them and gives hints."""

from pytest_sensei.diagnosis import Deadlock

__all__ = ["Deadlock"]
