"""Usage policy: ODRL 2.2 policies, judged at the gate, compared, and compiled to three-valued decisions.

`parse` turns the JSON of the wire into the frozen `model`, `evaluate` compiles it into a `Program` that decides and
explains, `compare` says whether an agreement honours its offer, `amend` writes a constraint into a policy. Terms come
from `actions`, `operands` and `spatial`; what is known of the present is a `world.World`.
"""
