"""For users' tests, imported by no product code: a dialogue DSL, simulated participants, suites for adapters."""
