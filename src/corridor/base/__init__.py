"""Vocabulary that every other package shares; standard library only, no I/O, no clock, no chance."""
