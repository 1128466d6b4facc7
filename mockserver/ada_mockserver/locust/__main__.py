"""``python -m ada_mockserver.locust``: ``locust`` with the shipped locustfile and whatever options it has."""

from __future__ import annotations

import sys
from pathlib import Path

from ada_mockserver.extras import require_locust
from ada_schemas.errors import MissingExtraError


def main() -> None:
    """Run Locust; ends the process with its exit code, 2 where it is not installed."""
    try:
        require_locust("Load from a fleet")
    except MissingExtraError as error:
        print(error, file=sys.stderr)  # noqa: T201 - all that it says
        sys.exit(2)
    from locust.main import main as run  # noqa: PLC0415 - makes this process cooperative

    sys.argv[1:1] = ["--locustfile", str(Path(__file__).with_name("locustfile.py"))]
    run()


if __name__ == "__main__":
    main()
