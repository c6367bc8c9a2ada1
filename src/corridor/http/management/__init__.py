"""The management API: what the owner of a node does with it, over HTTP and JSON, behind a token of its own.

`table.OPERATIONS` is the API: the application, the OpenAPI document and the reference page are made from it.
"""
