"""The consumers of the stacks: per stack the bugs in a sentence and their probes, and the correct ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.cases.delivery import WRONG
from corpus.live import encoded
from corpus.payloads import at, created, end_user, event, message, object_id, without
from corpus.probe import LARGE, OWNER, again, at_once, burst, case, delivery, send, steps, together

if TYPE_CHECKING:
    from corpus.live import Live
    from corpus.payloads import Event
    from corpus.probe import Step

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


def counted(original: Event) -> Step:
    """One attempt, with all that the witness says of it in the end."""

    def step(live: Live) -> list[str]:
        attempt = delivery(original)
        answer = live.deliver(attempt)
        return [f"{answer} {'+'.join(live.fates(attempt.msg_id, 2))}"]

    return step


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
    by_design=OWNER,
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
    (REFUSED, "dead rejected"),
    good=HANDLED,
    lenient=True,
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

case(
    "extremes",
    "ruby-encoding-concat",
    "Appends the binary body to a UTF-8 line for the log, which raises where both have non-ASCII characters.",
    send(message("Où est ma commande ?")),
    "500 rejected",
)
case(
    "authenticity",
    "ruby-future-accepted",
    "Refuses timestamps that are too old but not those from the future.",
    steps(send(message(), age=3600), send(message(), age=-3600)),
    (REFUSED, HANDLED),
    good=(REFUSED, REFUSED),
    by_design=OWNER,
)
case(
    "null",
    "ruby-nil-split",
    "Splits display_name, which is nil for null.",
    send(end_user(profile={"display_name": None})),
    "500 rejected",
)
case(
    "optional-absent",
    "ruby-fetch",
    "Fetches ai_agent_domain, which is optional, so a KeyError is raised without it.",
    send(without(created(), "data.ai_agent_domain")),
    "500 rejected",
)
case(
    "metadata",
    "ruby-metadata-strip",
    "Strips every metadata value, which true and 3 do not understand.",
    send(created(metadata={"vip": True})),
    "500 rejected",
)
case(
    "forward-compat",
    "ruby-struct-keywords",
    "Makes a Struct with keywords of the author, so a new member is an ArgumentError.",
    send(message(author={"pronouns": "they"})),
    "500 rejected",
)
case(
    "forward-compat",
    "ruby-case-without-else",
    "Decides by content type without an else, and merges nil for a new one.",
    send(message(content={"type": "carousel", "cards": []})),
    "500 rejected",
)
case(
    "timestamps",
    "ruby-strptime",
    "Reads times with strptime and %z, which wants a zone and takes no fraction.",
    send(at(message(), ZONELESS)),
    "500 rejected",
)
case(
    "size-burst",
    "ruby-instance-variable",
    "Keeps the event in an instance variable of the application, which Puma's threads share.",
    burst([message() for _ in range(12)]),
    "ok ignored",
    lenient=True,
)

case(
    "forward-compat",
    "fastify-strict-object",
    "The schema of the author is a z.strictObject, so a new member is answered 400.",
    send(message(author={"pronouns": "they"})),
    "400 rejected",
)
case(
    "forward-compat",
    "fastify-enum-role",
    "The author's role is a z.enum, so a new one is answered 400.",
    send(message(author={"role": "supervisor"})),
    "400 rejected",
)
case(
    "null",
    "fastify-optional-not-nullable",
    "display_name is optional(), which does not take null.",
    send(message(author={"display_name": None})),
    "400 rejected",
)
case(
    "timestamps",
    "fastify-iso-datetime",
    "created_at is z.iso.datetime({ offset: true }), which wants a zone.",
    send(created(created_at="2023-12-08T19:06:04.890000")),
    "400 rejected",
)
case(
    "union",
    "fastify-discriminated-union",
    "Content is a discriminated union of the three types, so content without one, or with another, is answered 400.",
    send(message(content={"url": "https://example.com"})),
    "400 rejected",
)
case(
    "size-burst",
    "fastify-body-limit",
    "Leaves bodyLimit at 1 MiB, so a larger body is answered 413.",
    send(message("x" * 1_100_000)),
    "413 rejected",
    by_design=LARGE,
)
case(
    "metadata",
    "fastify-proto-poisoning",
    "Parses with Fastify's own parser, which refuses a member called __proto__.",
    send(created(metadata={"__proto__": "x"})),
    "400 rejected",
)
case(
    "duplicates",
    "fastify-dedupe-after-await",
    "Looks the id up, awaits, and records it afterwards, so concurrent twins are both handled.",
    together(message()),
    "ok+ok handled+handled",
    good="ok+ok duplicate+handled",
)
case(
    "authenticity",
    "hono-json-stringified",
    "Verifies the signature over JSON.stringify of the parsed body.",
    send(encoded(created(metadata={"rate": 3.0}), separators=(", ", ": "))),
    REFUSED,
    good=HANDLED,
)
case(
    "size-burst",
    "hono-body-limit-50kb",
    "Limits bodies to 50 kB, as the example of the middleware does.",
    send(message("x" * 60_000)),
    "413 rejected",
)
case(
    "acknowledged-but-lost",
    "hono-unawaited-rejection",
    "Does not await the work; what a null first_name rejects ends the process.",
    steps(send(end_user(profile={"first_name": None})), send(message())),
    ("ok ignored", "dead none"),
    lenient=True,
)
case(
    "acknowledged-but-lost",
    "hono-on-error-200",
    "onError answers 200 whatever is thrown, such as for a null first_name.",
    send(end_user(profile={"first_name": None})),
    "ok ignored",
)
case(
    "optional-absent",
    "hono-destructured-channel",
    "Destructures channel.capabilities.markdown, which a channel may lack.",
    send(message(channel={"type": "native", "id": "6" * 24, "modality": "messaging"})),
    "500 rejected",
)
case(
    "optional-absent",
    "hono-to-iso-string",
    "Makes an ISO string of updated_at, which throws RangeError where it is absent.",
    send(without(end_user(), "data.updated_at")),
    "500 rejected",
)
case(
    "forward-compat",
    "hono-handler-missing",
    "Calls the handler of an event type without asking whether there is one.",
    send(ASSIGNED),
    "500 rejected",
    good="ok ignored",
)
case(
    "authenticity",
    "lambda-base64-atob",
    "Decodes a base64 body with atob, which makes Latin-1 of it, so the signature of other text does not match.",
    send(message("Où est ma commande ?")),
    REFUSED,
    good=HANDLED,
    reference="lambda-base64",
)
case(
    "authenticity",
    "lambda-status-member",
    "Refuses with status in the place of statusCode, which the gateway answers 200.",
    send(message(), signature=WRONG),
    "ok ignored",
    good=REFUSED,
)
case(
    "acknowledged-but-lost",
    "lambda-for-each-async",
    "Saves messages in forEach(async ...), which is frozen when the function returns.",
    send(message()),
    "ok none",
)
case(
    "duplicates",
    "lambda-module-dedupe",
    "Remembers deliveries in a module variable, of which each execution environment has its own.",
    together(message()),
    "ok+ok handled+handled",
    good="ok+ok duplicate+handled",
)
case(
    "duplicates",
    "lambda-get-then-put",
    "Gets the id from the table and puts it without a condition, so concurrent twins are both handled.",
    together(message()),
    "ok+ok handled+handled",
    good="ok+ok duplicate+handled",
)
case(
    "extremes",
    "lambda-marshalled-numbers",
    "Marshalls metadata for DynamoDB, which throws for integers beyond 2^53.",
    send(created(metadata={"account": 2**60})),
    "500 rejected",
)
case(
    "size-burst",
    "lambda-item-400kb",
    "Puts a message into one item, of which DynamoDB takes 400 KB.",
    send(message("x" * 420_000)),
    "500 rejected",
    by_design=LARGE,
)
case(
    "null",
    "lambda-null-language",
    "Lowers profile.language, which may be null.",
    send(end_user(profile={"language": None})),
    "500 rejected",
)

talk = object_id()
case(
    "acknowledged-but-lost",
    "queue-worker-dies",
    "A null avatar raises in the worker, whose thread ends.",
    steps(send(message()), send(message(author={"avatar": None})), send(message())),
    (HANDLED, "ok none", "ok none"),
)
case(
    "acknowledged-but-lost",
    "queue-head-of-line",
    "A job that fails, as for a null avatar, is tried again and again before all others.",
    steps(send(message()), send(message(author={"avatar": None})), send(message())),
    (HANDLED, "ok none", "ok none"),
)
case(
    "acknowledged-but-lost",
    "queue-taken-off-first",
    "Takes a job off the queue before it is done, so one that fails, as for a null avatar, is lost.",
    steps(send(message(author={"avatar": None})), send(message())),
    ("ok ignored", HANDLED),
)
case(
    "duplicates",
    "queue-two-workers",
    "Two workers select pending jobs without claiming them, so both do them.",
    counted(message()),
    "ok handled+handled",
    good="ok handled",
)
case(
    "acknowledged-but-lost",
    "queue-latest-of-conversation",
    "A message replaces what is pending of its conversation.",
    burst([message("one", conversation_id=talk), message("two", conversation_id=talk)]),
    ("ok handled", "ok none"),
)
case(
    "size-burst",
    "queue-payload-256kb",
    "The queue takes 256 KiB, so a larger delivery is answered 500.",
    send(message("x" * 270_000)),
    "500 rejected",
)
case(
    "authenticity",
    "queue-verifies-in-worker",
    "Enqueues and answers 200 to everything; the worker verifies and drops what is forged.",
    send(message(), signature=WRONG),
    "ok rejected",
    good=REFUSED,
)
case(
    "timestamps",
    "queue-zoneless-dropped",
    "The worker passes over messages whose timestamp has no zone.",
    send(at(message(), ZONELESS)),
    "ok ignored",
)
