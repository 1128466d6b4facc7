"""The outbox: every event is stored before the call that caused it is answered, then delivered until it is
answered 2xx or its schedule ends.

`backoff` and `machine` are pure; `attempt` makes one attempt through an injected client; `worker` decides
what is sent when; the other modules are what they keep in the database.
"""

from __future__ import annotations
