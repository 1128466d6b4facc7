// The way of a delivery through a Node consumer, in methods that can be overridden one at a time.
import { createHmac, timingSafeEqual } from "node:crypto";

import { current, note, Store } from "./witness.mjs";

const utf8 = new TextDecoder("utf-8", { fatal: true });

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const reply = (status = 200, body = { ok: true }, headers = {}) => ({ status, body, headers });

export const registry = {};

export class Consumer {
  tolerance = 300;
  done = new Set();
  turns = new Map();
  store = new Store();
  handlers = {
    "v1.end_user.created": (event, data) => this.endUser(event, data),
    "v1.end_user.updated": (event, data) => this.endUser(event, data),
    "v1.conversation.created": (event, data) => this.created(event, data),
    "v1.conversation.message": (event, data) => this.message(event, data),
    "v1.conversation.ended": (event, data) => this.ended(event, data),
    "v1.conversation.handoff.ended": (event, data) => this.handoffEnded(event, data),
    "v1.audit_log.emitted": (event, data) => this.audit(event, data),
  };

  constructor(secret, seen) {
    this.secret = secret;
    this.secretKey = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    this.seen = seen;
  }

  async receive(headers, body) {
    try {
      this.authenticate(headers, body);
      const event = this.decode(body);
      return await this.once(this.key(headers, event), event);
    } catch (error) {
      if (error instanceof Refused) return reply(error.status, { error: error.message });
      throw error;
    }
  }

  authenticate(headers, body) {
    const id = headers["svix-id"];
    const timestamp = headers["svix-timestamp"];
    const signatures = headers["svix-signature"];
    if (!id || !timestamp || !signatures) throw new Refused(401, "missing signature headers");
    this.checkTime(Number(timestamp));
    const expected = this.sign(id, timestamp, this.signedBody(body));
    const matches = signatures.split(" ").some((entry) => {
      const [version, value] = entry.split(",");
      return version === "v1" && this.equal(expected, Buffer.from(value ?? "", "base64"));
    });
    if (!matches) throw new Refused(401, "no matching signature");
  }

  checkTime(timestamp) {
    if (!(Math.abs(Date.now() / 1000 - timestamp) <= this.tolerance)) throw new Refused(401, "not a recent timestamp");
  }

  sign(id, timestamp, body) {
    return createHmac("sha256", this.secretKey).update(`${id}.${timestamp}.`).update(body).digest();
  }

  signedBody(body) {
    return body;
  }

  equal(expected, given) {
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  decode(body) {
    let event;
    try {
      event = JSON.parse(utf8.decode(body));
    } catch {
      throw new Refused(400, "malformed JSON");
    }
    if (event === null || typeof event !== "object" || Array.isArray(event)) throw new Refused(400, "not an object");
    const attempt = current.getStore();
    if (attempt) attempt.type = typeof event.type === "string" ? event.type : null;
    return event;
  }

  key(headers) {
    return headers["svix-id"];
  }

  // Handles a delivery unless that was done before; a concurrent twin waits for its turn.
  async once(key, event) {
    const before = this.turns.get(key) ?? Promise.resolve();
    const turn = before.catch(() => {}).then(() => this.turn(key, event));
    this.turns.set(key, turn);
    return await turn;
  }

  async turn(key, event) {
    if (this.done.has(key)) return this.duplicate();
    const answer = await this.dispatch(event);
    if (answer.status < 300) this.done.add(key);
    return answer;
  }

  duplicate() {
    note("duplicate");
    return reply(200, { duplicate: true });
  }

  async dispatch(event) {
    const handler = Object.hasOwn(this.handlers, event.type) ? this.handlers[event.type] : null;
    if (!handler) return this.unknown(event);
    return (await handler(event, event.data ?? {})) ?? reply(this.success ?? 200);
  }

  unknown() {
    return reply(200, { ignored: true });
  }

  endUser(event, data) {
    const profile = data.profile ?? {};
    this.store.save("end_user", data.end_user_id, { ...this.profile(profile), metadata: this.metadata(profile.metadata ?? {}) });
  }

  created(event, data) {
    this.store.save("conversation", data.conversation_id, this.conversation(data));
  }

  message(event, data) {
    this.store.save("message", data.message_id, this.messageRow(event, data));
  }

  ended(event, data) {
    const endedBy = this.endedBy(data);
    this.store.save("conversation", data.conversation_id, { ...this.conversation(data), endedBy, isEnded: true });
  }

  handoffEnded(event, data) {
    this.store.save("conversation", data.conversation_id, { handoff: null, lastHandoff: data.handoff_integration });
  }

  audit(event, data) {
    this.store.save("audit", data.id, { activity: data.activity, title: this.auditTitle(data) });
  }

  profile(profile) {
    return { email: profile.email, language: profile.language, name: profile.display_name };
  }

  conversation(data) {
    return {
      endUser: data.end_user_id,
      created: this.when(data.created_at),
      metadata: this.metadata(data.metadata ?? {}),
    };
  }

  messageRow(event, data) {
    return {
      conversation: data.conversation_id,
      handoff: data.handoff_integration,
      sent: this.when(event.timestamp),
      author: this.author(data.author ?? {}),
      channel: this.channel(data.channel ?? {}),
      content: this.content(data.content ?? {}, data),
    };
  }

  author(author) {
    return { id: author.id, role: author.role, name: author.display_name };
  }

  channel(channel) {
    return { id: channel.id, modality: channel.modality, markdown: channel.capabilities?.markdown ?? false };
  }

  content(content) {
    switch (content.type) {
      case "text":
        return { text: content.body };
      case "file":
        return { url: content.url, filename: content.filename };
      case "link":
        return { url: content.url, text: content.link_text ?? content.url };
      default:
        return { ...content };
    }
  }

  endedBy(data) {
    return { id: data.ended_by?.id, role: data.ended_by?.role };
  }

  auditTitle(data) {
    return `${data.entity_type} ${data.activity}`;
  }

  metadata(metadata) {
    return new Map(Object.entries(metadata));
  }

  when(value) {
    const moment = new Date(value);
    return Number.isNaN(moment.getTime()) ? null : moment;
  }
}
