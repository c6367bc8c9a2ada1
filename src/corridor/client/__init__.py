"""The Python client of a node's management API.

::

    with Client("http://127.0.0.1:19193", token) as node:
        node.get("did:web:partner.example", "urn:uuid:orders", Path("orders.csv"))
"""

from corridor.client.client import Client
from corridor.client.errors import RefusedError

__all__ = ["Client", "RefusedError"]
