// An AWS Lambda function behind an API Gateway HTTP API (payload format 2.0).
import { Webhook } from "svix";

import { current, defer, note } from "../../lib/witness.mjs";
import { isKnown, marshall, save, TransactionCanceled } from "./table.mjs";

const bug = process.env.CORPUS_BUG ?? "";
const webhook = new Webhook(process.env.ADA_WEBHOOK_SECRET);
const done = new Set();

const json = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

function bodyOf(event) {
  if (!event.isBase64Encoded) return event.body ?? "";
  if (bug === "base64-atob") return atob(event.body ?? "");
  return Buffer.from(event.body ?? "", "base64").toString("utf8");
}

function metadata(value) {
  return bug === "marshalled-numbers" ? marshall(value ?? {}) : JSON.stringify(value ?? {});
}

function itemOf({ type, timestamp, data }) {
  data ??= {};
  switch (type) {
    case "v1.end_user.created":
    case "v1.end_user.updated": {
      const { email, language } = data.profile ?? {};
      return {
        kind: "end_user",
        key: data.end_user_id,
        item: { email, language: bug === "null-language" ? language.toLowerCase() : language?.toLowerCase() },
      };
    }
    case "v1.conversation.created":
      return { kind: "conversation", key: data.conversation_id, item: { metadata: metadata(data.metadata) } };
    case "v1.conversation.message": {
      const item = { sent: timestamp, role: data.author?.role, content: JSON.stringify(data.content ?? {}) };
      if (bug === "item-400kb" && JSON.stringify(item).length > 400 * 1024) {
        throw new Error("ValidationException: Item size has exceeded the maximum allowed size");
      }
      return { kind: "message", key: data.message_id, item };
    }
    case "v1.conversation.ended":
      return { kind: "conversation", key: data.conversation_id, item: { endedBy: data.ended_by?.role ?? null } };
    case "v1.conversation.handoff.ended":
      return { kind: "handoff", key: data.conversation_id, item: { by: data.handoff_integration } };
    case "v1.audit_log.emitted":
      return { kind: "audit", key: data.id, item: { activity: data.activity } };
    default:
      return null;
  }
}

async function saved(id, row) {
  if (bug === "module-dedupe") {
    // Each execution environment has its own.
    if (done.has(id)) return false;
    await save(id, row, { condition: false });
    done.add(id);
    return true;
  }
  if (bug === "get-then-put") {
    if (await isKnown(id)) return false;
    await save(id, row, { condition: false });
    return true;
  }
  try {
    await save(id, row);
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceled) return false;
    throw error;
  }
}

export const handler = async (event) => {
  const headers = Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]));
  let message;
  try {
    message = webhook.verify(bodyOf(event), headers);
  } catch {
    // Without statusCode, the gateway takes the object for the body of a 200.
    return bug === "status-member" ? { status: 401, body: "invalid signature" } : json(401, { error: "invalid signature" });
  }
  if (message === null || typeof message !== "object") return json(400, { error: "not an event" });
  current.getStore().type = typeof message.type === "string" ? message.type : null;
  const row = itemOf(message);
  if (row === null) return json(200, { ignored: true });
  const rows = [row];
  if (bug === "for-each-async" && row.kind === "message") {
    // forEach waits for nobody, and what runs on after the answer is frozen: it never comes to settle the attempt.
    defer();
    rows.forEach(async (one) => {
      await saved(headers["svix-id"], one);
    });
    return json(200, { ok: true });
  }
  for (const one of rows) {
    if (!(await saved(headers["svix-id"], one))) note("duplicate");
  }
  return json(200, { ok: true });
};
