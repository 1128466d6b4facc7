"""The consumers of the stacks: per stack the bugs in a sentence and their probes, and the correct ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.cases.delivery import WRONG
from corpus.payloads import at, created, end_user, event, message, object_id, without
from corpus.probe import again, at_once, case, delivery, send, steps, together

if TYPE_CHECKING:
    from corpus.live import Live

REFUSED = "401 rejected"
HANDLED = "ok handled"
ZONELESS = "2024-01-17T22:23:35.835"
ASSIGNED = event("conversation.assigned", {"conversation_id": object_id()}, {})


def rounds(live: Live) -> list[str]:
    """Concurrent deliveries, several times, until one is not accepted."""
    for _ in range(15):
        if any(answer != "ok" for answer in at_once(live, [delivery(message()) for _ in range(40)])):
            return ["dead none"]
    return [HANDLED]


case(
    "timestamps",
    "go-time-time-field",
    "A field of type time.Time reads RFC 3339 alone, so created_at without a zone is answered 400.",
    send(created(created_at="2023-12-08T19:06:04.890000")),
    "400 rejected",
)
case(
    "metadata",
    "go-metadata-map-string",
    "Metadata is a map[string]string, so booleans and numbers are answered 400.",
    send(created(metadata={"vip": True})),
    "400 rejected",
)
case(
    "null",
    "go-nil-pointer",
    "Dereferences the pointer to display_name, which is nil for null; the connection ends without an answer.",
    send(end_user(profile={"display_name": None})),
    "dead rejected",
)
case(
    "size-burst",
    "go-max-bytes-65536",
    "Reads 65,536 bytes at most, as an example of another sender's documentation does.",
    send(message("x" * 70_000)),
    "413 rejected",
)
case(
    "forward-compat",
    "go-disallow-unknown-fields",
    "Decodes the envelope with DisallowUnknownFields, so a new property is answered 400.",
    send(created() | {"version": 2}),
    "400 rejected",
)
case(
    "forward-compat",
    "go-unknown-type-error",
    "The default of the switch over event types is an error.",
    send(ASSIGNED),
    "500 rejected",
    good="ok ignored",
)
case(
    "authenticity",
    "go-timestamp-unchecked",
    "Does not look how old the timestamp is.",
    send(message(), age=3600),
    HANDLED,
    good=REFUSED,
)
case(
    "authenticity",
    "go-one-signature",
    "Compares the first signature only, which fails while the secret is being rotated.",
    send(message(), signature=f"{WRONG} {{genuine}}"),
    REFUSED,
    good=HANDLED,
)
case(
    "acknowledged-but-lost",
    "go-goroutine-request-context",
    "Answers 202 and works in a goroutine with the context of the request, which is done by then.",
    send(message()),
    "ok ignored",
)
case(
    "extremes",
    "go-preview-runes",
    "Compares the length in bytes with 80 and cuts runes, so 30 to 79 characters of Chinese are out of range.",
    send(message("東京" * 20)),
    "dead rejected",
)
case(
    "size-burst",
    "go-map-without-lock",
    "Remembers deliveries in a map without a lock: concurrent ones end the process (concurrent map writes).",
    rounds,
    "dead none",
)

case(
    "forward-compat",
    "java-unknown-properties",
    "Leaves FAIL_ON_UNKNOWN_PROPERTIES as it is, so a new property is answered 400.",
    send(created() | {"version": 2}),
    "400 rejected",
)
case(
    "forward-compat",
    "java-enum-role",
    "Binds the author's role to an enum, so a new role is answered 400.",
    send(message(author={"role": "supervisor"})),
    "400 rejected",
)
case(
    "timestamps",
    "java-offset-date-time",
    "Parses created_at with OffsetDateTime.parse, which wants a zone.",
    send(created(created_at="2023-12-08T19:06:04.890000")),
    "500 rejected",
)
case(
    "null",
    "java-map-of-null",
    "Puts the author's name into Map.of, which takes no null; the connection ends without an answer.",
    send(message(author={"display_name": None})),
    "dead rejected",
)
case(
    "authenticity",
    "java-default-charset",
    "Verifies over new String(body).getBytes(), which loses what is not ASCII where the locale is C.",
    send(message("Où est ma commande ?")),
    REFUSED,
    good=HANDLED,
)
case(
    "authenticity",
    "java-future-accepted",
    "Refuses timestamps that are too old but not those from the future.",
    steps(send(message(), age=3600), send(message(), age=-3600)),
    (REFUSED, HANDLED),
    good=(REFUSED, REFUSED),
)
case(
    "hostile-input",
    "java-base64-uncaught",
    "A signature that is no base64 raises IllegalArgumentException, which ends the connection unanswered.",
    send(message(), signature="v1,not*base64"),
    "dead rejected",
    good=REFUSED,
)
case(
    "duplicates",
    "java-contains-then-add",
    "Asks a concurrent set whether it contains the id and adds it later, so concurrent twins are both handled.",
    together(message()),
    "ok+ok handled+handled",
    good="ok+ok duplicate+handled",
)
case(
    "duplicates",
    "java-duplicate-unclosed",
    "Announces a body of unknown length to duplicates and never closes the exchange.",
    again(message()),
    (HANDLED, "slow duplicate"),
    good=(HANDLED, "ok duplicate"),
)
case(
    "size-burst",
    "java-available",
    "Reads as many bytes as are available at once, so a body that arrives in pieces is cut.",
    send(message("x" * 100_000), pieces=20_000),
    REFUSED,
    good=HANDLED,
)
case(
    "extremes",
    "java-integer-cast",
    "Casts numbers in the end user's metadata to Integer, which a long or a double is not.",
    send(end_user(profile={"metadata": {"account": 2**40}})),
    "500 rejected",
)

case(
    "acknowledged-but-lost",
    "php-empty-text",
    "Drops texts for which empty() is true, which it is for an empty one and for 0.",
    steps(send(message("")), send(message("0"))),
    ("ok ignored", "ok ignored"),
)
case(
    "authenticity",
    "php-unsigned-accepted",
    "Verifies the signature only where isset() finds one.",
    steps(send(message(), signature=WRONG), send(message(), left_out=("svix-signature",))),
    (REFUSED, HANDLED),
    good=(REFUSED, REFUSED),
)
case(
    "extremes",
    "php-substr-preview",
    "Cuts the text after 100 bytes with substr, inside a character; json_encode then fails.",
    send(message("東京" * 40)),
    "500 rejected",
)
case(
    "null",
    "php-strict-null",
    "Passes display_name to a function that takes a string, under strict_types.",
    send(end_user(profile={"display_name": None})),
    "500 rejected",
)
case(
    "timestamps",
    "php-date-atom",
    "Reads times with createFromFormat(DATE_ATOM), which is false without a zone or with fractions.",
    send(at(message(), ZONELESS)),
    "500 rejected",
)
case(
    "forward-compat",
    "php-match-unhandled",
    "Matches content types without a default, so a new one is an UnhandledMatchError.",
    send(message(content={"type": "carousel", "cards": []})),
    "500 rejected",
)
case(
    "optional-absent",
    "php-warning-exception",
    "Makes exceptions of warnings, as Laravel does, and reads ai_agent_domain, which is optional.",
    send(without(created(), "data.ai_agent_domain")),
    "500 rejected",
)
case(
    "duplicates",
    "php-select-then-insert",
    "Selects the id and inserts it after the work, so concurrent twins are both handled.",
    steps(*(together(message()) for _ in range(6))),
    "ok+ok handled+handled",
    good=("ok+ok duplicate+handled",) * 6,
    lenient=True,
)
case(
    "acknowledged-but-lost",
    "php-display-errors",
    "Runs with display_errors and an initial of a null display_name: the error is shown, with status 200.",
    send(end_user(profile={"display_name": None})),
    "ok ignored",
)
