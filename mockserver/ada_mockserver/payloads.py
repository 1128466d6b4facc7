"""The payloads by their public name: an alias of ``ada_mockserver.events.payload``, which it came from."""

from ada_mockserver.events.payload import *  # noqa: F403 - an alias has all of it
from ada_mockserver.events.payload import __all__  # noqa: F401 - what the star takes
