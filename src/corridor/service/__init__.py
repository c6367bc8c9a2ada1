"""Use cases: one module per verb, ports in, values out; loads, steps, decides and saves, and knows no adapter."""
