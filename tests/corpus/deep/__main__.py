"""`python -m corpus.deep list|serve|prove`: the table of the consumers, one of them as a server, the proofs."""

from __future__ import annotations

import argparse
import json
import sys

from corpus.deep.consumers import BUGS, CLASSES, CORRECT


def main() -> None:
    """Read the command line, and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m corpus.deep", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="the consumers, with what triggers their bugs")
    listing.add_argument("--json", action="store_true", help="everything, as data")
    server = commands.add_parser(
        "serve", help="one consumer on 127.0.0.1; its secret is in ADA_WEBHOOK_SECRET"
    )
    server.add_argument("id", choices=CLASSES, metavar="ID")
    server.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    proofs = commands.add_parser(
        "prove", help="that no enumerated case hits a bug, and that its trigger does"
    )
    proofs.add_argument("id", nargs="*", metavar="ID")
    proofs.add_argument("--seeds", type=int, nargs="+", default=[1, 4], help="of the check")
    proofs.add_argument("--jobs", type=int, default=2, help="how many at a time")
    options = parser.parse_args()
    if options.command == "list":
        show(as_json=options.json)
    elif options.command == "serve":
        serve(options.id, options.port)
    else:
        from corpus.deep.prove import prove

        unknown = set(options.id) - CLASSES.keys()
        if unknown:
            parser.error(f"no such consumer: {', '.join(sorted(unknown))}")
        sys.exit(0 if prove(options.id, seeds=options.seeds, jobs=options.jobs) else 1)


def show(*, as_json: bool) -> None:
    """Print the table."""
    if as_json:
        correct = [vars(one) for one in CORRECT.values()]
        table = {"bugs": [bug.as_data() for bug in BUGS.values()], "correct": correct}
        print(json.dumps(table, indent=2, ensure_ascii=False))  # noqa: T201
        return
    for bug in BUGS.values():
        print(f"{bug.id}  ({bug.framework}, {bug.shows}, {bug.split})\n    {bug.happens}\n    {bug.trigger}")  # noqa: T201
    for one in CORRECT.values():
        print(f"{one.id}  ({one.framework})\n    {one.about}")  # noqa: T201


def serve(consumer_id: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    import os

    from corpus.core.servers import run_asgi, run_wsgi
    from corpus.core.witness import Witness
    from corpus.deep import SECRET_VARIABLE

    seen, consumer = Witness(), CLASSES[consumer_id]
    secret = os.environ.get(SECRET_VARIABLE) or sys.exit(f"{SECRET_VARIABLE} is not set")
    run = run_wsgi if consumer.framework == "flask" else run_asgi
    run(consumer(secret, seen).application(), seen, port)


if __name__ == "__main__":
    main()
