"""What Ada's API is about, a module a thing: the operations whose behaviour is more than the document says.

Each has ``OPERATIONS``, its functions by the ids of operations in ``openapi.yaml``; a kind of thing that only
the API knows is declared there too.
"""
