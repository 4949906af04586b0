"""Katas as things one can find, run, hint at and keep a journal of."""
