"""Findings in words and pictures."""
