"""Corridor: a cross-border data-space node.

An exchange through a node is lawful (`law`), agreed (`dsp`, `odrl`), enforced (`service.admit`, `dataplane`), provable
(`evidence`) and settled (the meter). Layers, top may import down, never up::

    cli | console | testing                      edges
    app | client                                 composition root; Python client of the management API
    store | http | trust | dataplane             adapters: the only code that does I/O
    service                                      use cases: ports in, values out
    dsp | odrl | law | evidence                  pure, sans-I/O domain; none knows another
    base                                         errors, ids, clock, reasons, canonical JSON
"""

__version__ = "0.1.0"
