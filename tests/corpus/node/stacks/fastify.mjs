// A consumer on Fastify, with schemas in zod.
import Fastify from "fastify";
import { Webhook } from "svix";
import { z } from "zod";

import { current, note, Store } from "../lib/witness.mjs";

const bug = process.env.CORPUS_BUG ?? "";
const store = new Store();
const done = new Set();

const text = z.string().nullish();
const metadata = z.record(z.string(), z.unknown()).nullish();
const object = bug === "strict-object" ? z.strictObject : z.looseObject;

const Author = object({
  id: text,
  role: bug === "enum-role" ? z.enum(["end_user", "ai_agent", "human_agent"]).nullish() : text,
  avatar: text,
  display_name: bug === "optional-not-nullable" ? z.string().optional() : text,
});

const Channel = z.looseObject({ id: text, type: text, name: text, modality: text, metadata });

const AnyContent = z.looseObject({ type: text, body: text, url: text, filename: text, mime_type: text, link_text: text });

const KnownContent = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), body: text }),
  z.looseObject({ type: z.literal("file"), url: text, filename: text, mime_type: text }),
  z.looseObject({ type: z.literal("link"), url: text, link_text: text }),
]);

const moment = bug === "iso-datetime" ? z.iso.datetime({ offset: true }).nullish() : text;

const schemas = {
  "v1.end_user.created": z.looseObject({
    end_user_id: text,
    external_id: text,
    profile: z.looseObject({ display_name: text, email: bug === "email" ? z.email().nullish() : text, metadata }).nullish(),
  }),
  "v1.conversation.created": z.looseObject({ conversation_id: text, end_user_id: text, created_at: moment, metadata }),
  "v1.conversation.message": z.looseObject({
    message_id: text,
    conversation_id: text,
    handoff_integration: text,
    author: Author.nullish(),
    channel: Channel.nullish(),
    content: (bug === "discriminated-union" ? KnownContent : AnyContent).nullish(),
  }),
  "v1.conversation.ended": z.looseObject({
    conversation_id: text,
    metadata,
    ended_by: z.looseObject({ id: text, role: text }).nullish(),
  }),
  "v1.conversation.handoff.ended": z.looseObject({ conversation_id: text, handoff_integration: text }),
  "v1.audit_log.emitted": z.looseObject({ id: text, activity: text, actor_email: text }),
};
schemas["v1.end_user.updated"] = schemas["v1.end_user.created"];

const Envelope = z.looseObject({ type: text, timestamp: text, data: z.unknown() });

const kinds = {
  "v1.end_user.created": ["end_user", "end_user_id"],
  "v1.end_user.updated": ["end_user", "end_user_id"],
  "v1.conversation.created": ["conversation", "conversation_id"],
  "v1.conversation.message": ["message", "message_id"],
  "v1.conversation.ended": ["conversation", "conversation_id"],
  "v1.conversation.handoff.ended": ["conversation", "conversation_id"],
  "v1.audit_log.emitted": ["audit", "id"],
};

function handle(event) {
  const { type } = event;
  if (!Object.hasOwn(schemas, type ?? "")) return;
  const data = schemas[type].parse(event.data ?? {});
  const [kind, key] = kinds[type];
  store.save(kind, data[key], data);
}

export async function listener(secret) {
  const webhook = new Webhook(secret);
  const app = Fastify({ bodyLimit: bug === "body-limit" ? 1024 * 1024 : 32 * 1024 * 1024 });

  // Fastify reads the body outside of the request's asynchronous context.
  app.addHook("preValidation", (request, reply, next) => current.run(request.raw.attempt, next));

  if (bug === "proto-poisoning") {
    // Keeps the raw body beside what Fastify's own parser makes of it, which refuses __proto__ and constructor.
    const parse = app.getDefaultJsonParser("error", "error");
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, next) => {
      request.rawBody = body;
      parse(request, body.toString(), next);
    });
  } else {
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, next) => {
      request.rawBody = body;
      next(null, body);
    });
  }

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ error: "invalid event", issues: error.issues });
    if (error.statusCode && error.statusCode < 500) return reply.code(error.statusCode).send({ error: error.message });
    console.error(error);
    return reply.code(500).send({ error: "internal error" });
  });

  app.post("/webhooks/ada", async (request, reply) => {
    let payload;
    try {
      payload = webhook.verify(request.rawBody ?? "", request.headers);
    } catch {
      return reply.code(401).send({ error: "invalid signature" });
    }
    const event = Envelope.parse(payload);
    request.raw.attempt.type = event.type ?? null;
    const id = request.headers["svix-id"];
    if (bug === "dedupe-after-await") {
      if (done.has(id)) return duplicate();
      await new Promise((resolve) => setTimeout(resolve, 20));
      handle(event);
      done.add(id);
      return { ok: true };
    }
    if (done.has(id)) return duplicate();
    try {
      handle(event);
    } catch (error) {
      // Acknowledges and keeps for a look what does not fit the schema.
      if (bug !== "dead-letter" || !(error instanceof z.ZodError)) throw error;
      store.save("dead_letter", id, { event, issues: error.issues });
    }
    done.add(id);
    return { ok: true };
  });

  await app.ready();
  return app.routing;
}

function duplicate() {
  note("duplicate");
  return { duplicate: true };
}
