// A consumer on Hono with @hono/node-server.
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Webhook } from "svix";

import { note, Store } from "../lib/witness.mjs";

const bug = process.env.CORPUS_BUG ?? "";
const store = new Store();
const done = new Set();

const when = (value) => {
  if (bug === "to-iso-string") return new Date(value).toISOString();
  const date = new Date(value ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

function endUser(data) {
  const profile = data.profile ?? {};
  const initial = bug === "unawaited-rejection" || bug === "on-error-200" ? profile.first_name.charAt(0) : null;
  store.save("end_user", data.end_user_id, { initial, email: profile.email, updated: when(data.updated_at) });
}

function conversation(data) {
  store.save("conversation", data.conversation_id, {
    endUser: data.end_user_id,
    created: when(data.created_at),
    endedBy: data.ended_by?.role,
    metadata: data.metadata ?? {},
  });
}

function markdown(data) {
  if (bug === "destructured-channel") {
    const {
      channel: {
        capabilities: { markdown },
      },
    } = data;
    return markdown;
  }
  return data.channel?.capabilities?.markdown ?? false;
}

function message(data, event) {
  const { author, channel, content } = data;
  const row = { sent: when(event.timestamp), role: author?.role, by: author?.display_name, channel: channel?.id };
  store.save("message", data.message_id, { ...row, content, markdown: markdown(data) });
}

const handlers = {
  "v1.end_user.created": endUser,
  "v1.end_user.updated": endUser,
  "v1.conversation.created": conversation,
  "v1.conversation.ended": conversation,
  "v1.conversation.message": message,
  "v1.conversation.handoff.ended": (data) => store.save("handoff", data.conversation_id, { by: data.handoff_integration }),
  "v1.audit_log.emitted": (data) => store.save("audit", data.id, { activity: data.activity }),
};

async function handle(event) {
  if (bug === "handler-missing") return handlers[event.type](event.data ?? {}, event);
  if (bug === "slow-200ms") await new Promise((resolve) => setTimeout(resolve, 200));
  if (Object.hasOwn(handlers, event.type ?? "")) handlers[event.type](event.data ?? {}, event);
}

function application(secret) {
  const app = new Hono();
  if (bug === "body-limit-50kb") {
    app.use(bodyLimit({ maxSize: 50 * 1024, onError: (c) => c.text("overflow :(", 413) }));
  }

  app.post("/webhooks/ada", async (c) => {
    const attempt = c.env.incoming.attempt;
    const payload = bug === "json-stringified" ? JSON.stringify(await c.req.json()) : await c.req.text();
    let event;
    try {
      event = new Webhook(secret).verify(payload, c.req.header());
    } catch {
      return c.json({ error: "invalid signature" }, 401);
    }
    if (event === null || typeof event !== "object") return c.json({ error: "not an event" }, 400);
    attempt.type = typeof event.type === "string" ? event.type : null;
    const id = c.req.header("svix-id");
    if (done.has(id)) {
      note("duplicate");
      return c.json({ duplicate: true });
    }
    done.add(id);
    if (bug === "unawaited-rejection") {
      // The answer does not wait; nobody catches what is rejected.
      handle(event);
      return c.json({ ok: true }, 202);
    }
    try {
      await handle(event);
    } catch (error) {
      done.delete(id);
      throw error;
    }
    return c.json({ ok: true });
  });

  app.onError((error, c) => {
    console.error(error);
    return c.json({ error: "internal error" }, bug === "on-error-200" ? 200 : 500);
  });
  return app;
}

export const listener = (secret) => getRequestListener(application(secret).fetch);
