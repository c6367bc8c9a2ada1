"""Composition root: settings, wiring, the loops, and the checks that `doctor` runs."""
