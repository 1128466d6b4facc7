"""A locustfile for ``locust -f``: it runs `AdaUser` as it is."""

from __future__ import annotations

from ada_mockserver.locust import AdaUser

__all__ = ["AdaUser"]
