"""``make soak``: no event is lost and none is delivered twice without a reason, however often servers die.

    PYTHONPATH=tests python -m soak [sqlite|postgresql|nginx ...] [--kills N] [--seconds S] [--seed S]

On sqlite and postgresql it is the mock's outbox that is killed; nginx is an endpoint that closes connections,
stops and fails while `adakit send`'s loop delivers to it. Exit code 1 when a promise was broken, 2 when
PostgreSQL or nginx cannot be started.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random

from ada_schemas.errors import WireError
from soak.audit import audit, count_unfinished, read_stored
from soak.clients import Api, Clients
from soak.consumer import Consumer
from soak.delivery import SCENES, soak_deliveries
from soak.nginx import missing_nginx
from soak.servers import Server
from support.postgres_server import PostgresServer, missing_postgres

RATE = 600.0
"""The mock's clock runs so many times as fast, so that the whole schedule fits into the soak."""

CLIENTS = 4
LEAST_IN_FLIGHT = 0.6
DRAIN = 240.0
KINDS = ["sqlite", "postgresql", "nginx"]


async def soak(url: str, *, servers: int, kills: int, seed: int, folder: Path) -> bool:
    """Kill one of ``servers`` that share the database, ``kills`` times; returns whether all is well."""
    key = secrets.token_hex(16)
    running = [Server(f"server-{n}", url, key, RATE, folder) for n in range(1, servers + 1)]
    try:
        return await kill_and_audit(running, url=url, kills=kills, seed=seed)
    finally:
        for server in running:
            server.abandon()


async def kill_and_audit(running: list[Server], *, url: str, kills: int, seed: int) -> bool:
    """The soak itself, on servers that are not started yet."""
    started, rng = time.monotonic(), Random(seed)
    consumer = Consumer(Random(seed + 1))
    hook = await consumer.start()
    for server in running:
        await server.start()
    nobody = "http://127.0.0.1:1"
    api = Api(
        running[0].key, lambda: rng.choice([server.url for server in running if server.url] or [nobody])
    )
    webhook = (await api.call("POST", "/api/v2/webhooks/", {"url": hook}))[1]["id"]
    consumer.secret = (await api.call("GET", f"/api/v2/webhooks/{webhook}/secret/"))[1]["key"]
    channel = {"name": "Soak", "description": "Made by the soak", "modality": "messaging"}
    clients = Clients(api, (await api.call("POST", "/api/v2/channels/", channel))[1]["id"])
    creating = asyncio.create_task(clients.run(CLIENTS))
    number = in_flight = 0
    while number < kills or (in_flight < LEAST_IN_FLIGHT * kills and number < 2 * kills):
        number += 1
        await asyncio.sleep(rng.uniform(0.05, 1.2))
        victim = rng.choice(running)
        in_flight += await count_unfinished(url, await victim.kill()) > 0
        await victim.start()
        if number % 10 == 0:
            print(f"  {number} kills, {in_flight} in an attempt, {clients.calls} calls answered", flush=True)
    clients.stopping = True
    await creating
    consumer.healthy = True
    pending = await drain(api)
    codes = [await server.stop() for server in running]
    await consumer.stop()
    counts, wrong = audit(
        answered=clients.answered,
        receipts=consumer.receipts,
        kills=[kill for server in running for kill in server.kills],
        stored=await read_stored(url),
    )
    shown = {
        "kills with SIGKILL": number,
        "kills with an attempt in flight, begun and not finished": in_flight,
        "calls answered": clients.calls,
        "calls that nobody answered, in a kill or while nobody was there": clients.unanswered,
        "events promised by answers": len(clients.answered),
        **counts,
        "seconds": round(time.monotonic() - started),
    }
    wrong["calls that were refused"] = clients.refused
    wrong["requests with a bad signature"] = ["(count)"] * consumer.forged
    wrong["deliveries still pending at the end"] = ["(count)"] * pending
    ended_badly = [f"exit code {code}" for code in codes if code not in {0, -15}]
    wrong["servers that did not end well"] = ended_badly
    if in_flight < LEAST_IN_FLIGHT * kills:
        wrong["too few kills with an attempt in flight"] = [f"{in_flight} of {number}"]
    return report(shown, wrong)


async def drain(api: Api) -> int:
    """Move the clock on until nothing is left to deliver; returns how much is, in the end."""
    deadline = time.monotonic() + DRAIN
    while True:
        try:
            await api.call("POST", "/_mock/clock", {"advance": "28h"}, timeout=DRAIN)
            left = (await api.call("GET", "/_mock/state"))[1]["counts"]["pending_deliveries"]
        except WireError:
            left = 1
        if not left or time.monotonic() > deadline:
            return int(left)
        await asyncio.sleep(1)


def report(counts: dict[str, int], wrong: dict[str, list[str]]) -> bool:
    """Print everything as counts; returns whether nothing is wrong."""
    for name, count in counts.items():
        print(f"  {count:>8}  {name}")
    for name, cases in wrong.items():
        print(f"  {len(cases):>8}  {name}{''.join(f'{chr(10)}            {case}' for case in cases[:5])}")
    good = not any(wrong.values())
    print("  every promise was kept" if good else "  PROMISES WERE BROKEN", flush=True)
    return good


async def soak_sender(*, seconds: float, seed: int, folder: Path) -> bool:
    """Deliver to nginx, scene by scene; returns whether all is well."""
    wrong: dict[str, list[str]] = {}
    for number, scene in enumerate(SCENES):
        rng = Random(seed + number)
        found = await soak_deliveries(scene, seconds=seconds, rng=rng, folder=folder / f"nginx-{number}")
        for name, cases in found.items():
            wrong.setdefault(name, []).extend(f"{scene.name}: {case}" for case in cases)
    return report({}, wrong)


def main() -> int:
    """Soak the databases and servers that are named, or all."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("databases", nargs="*", help="sqlite, postgresql, nginx; all if none is named")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each scene with nginx")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    chosen = options.databases or KINDS
    if unknown := set(chosen) - set(KINDS):
        parser.error(f"there is no soak on {', '.join(unknown)}; there is one on {', '.join(KINDS)}")
    good = True
    for name in chosen:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="adakit-soak-")))
            if name == "nginx":
                if missing := missing_nginx():
                    print(f"The soak on nginx cannot run: {missing}.")
                    return 2
                print(f"nginx, {options.seconds:g} s a scene, seed {options.seed}:", flush=True)
                good &= asyncio.run(soak_sender(seconds=options.seconds, seed=options.seed, folder=folder))
                continue
            url, servers = f"sqlite:///{folder / 'soak.db'}", 1
            if name == "postgresql":
                if missing := missing_postgres():
                    print(f"The soak on PostgreSQL cannot run: {missing}.")
                    return 2
                url, servers = stack.enter_context(PostgresServer()).url, 2
            print(f"{name}, {servers} server{'s'[: servers - 1]}, seed {options.seed}:", flush=True)
            kept = asyncio.run(
                soak(url, servers=servers, kills=options.kills, seed=options.seed, folder=folder)
            )
            if not kept:
                for log in folder.glob("*.log"):
                    print(f"--- the end of {log.name}\n{log.read_text()[-4000:]}")
            good = good and kept
    return 0 if good else 1


sys.exit(main())
