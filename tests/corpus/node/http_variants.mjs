// Consumers on node:http: with one bug each, and one further correct one.
import { timingSafeEqual } from "node:crypto";

import { Refused, registry, reply } from "./lib/consumer.mjs";
import { HttpConsumer } from "./lib/http.mjs";
import { current, defer, note } from "./lib/witness.mjs";

registry["node-http-modality-icons"] = class extends HttpConsumer {
  icons = { messaging: { file: "chat.svg" }, voice: { file: "phone.svg" } };

  channel(channel) {
    return { ...super.channel(channel), icon: channel.modality && this.icons[channel.modality].file };
  }
};

registry["node-http-language-split"] = class extends HttpConsumer {
  profile(profile) {
    const { language = "en" } = profile;
    return { ...super.profile(profile), language: language.split("-")[0] };
  }
};

registry["node-http-capabilities-required"] = class extends HttpConsumer {
  channel(channel) {
    return { ...super.channel(channel), markdown: channel.id ? channel.capabilities.markdown : false };
  }
};

registry["node-http-metadata-integer"] = class extends HttpConsumer {
  conversation(data) {
    for (const [name, value] of Object.entries(data.metadata ?? {})) {
      if (typeof value === "number" && !Number.isInteger(value)) throw new TypeError(`${name} is not an integer`);
    }
    return super.conversation(data);
  }
};

registry["node-http-empty-body"] = class extends HttpConsumer {
  content(content) {
    if (content.type === "text" && !content.body) throw new Error("message without a body");
    return super.content(content);
  }
};

registry["node-http-name-column"] = class extends HttpConsumer {
  author(author) {
    const name = author.display_name ?? "";
    return { ...super.author(author), column: name + " ".repeat(40 - name.length) };
  }
};

registry["node-http-system-end-reason"] = class extends HttpConsumer {
  endedBy(data) {
    const row = super.endedBy(data);
    if (row.role === "system") row.reason = data.metadata.end_reason ?? "timeout";
    return row;
  }
};

registry["node-http-unknown-capability"] = class extends HttpConsumer {
  channel(channel) {
    const unknown = Object.keys(channel.capabilities ?? {}).filter((name) => name !== "markdown");
    if (unknown.length > 0) throw new Refused(400, `unrecognized keys: ${unknown}`);
    return super.channel(channel);
  }
};

registry["node-http-string-chunks"] = class extends HttpConsumer {
  read(req, done) {
    let body = "";
    req.on("data", (chunk) => (body += chunk));
    req.on("end", () => done(Buffer.from(body)));
  }
};

registry["node-http-unknown-unanswered"] = class extends HttpConsumer {
  respond(res, answer) {
    if (answer.body.ignored) return;
    super.respond(res, answer);
  }
};

registry["node-http-dedupe-signature"] = class extends HttpConsumer {
  key(headers) {
    return headers["svix-signature"];
  }
};

registry["node-http-message-after-end"] = class extends HttpConsumer {
  message(event, data) {
    if (this.store.get("conversation", data.conversation_id)?.isEnded) return reply(410, { error: "conversation is over" });
    return super.message(event, data);
  }
};

registry["node-http-json-crash"] = class extends HttpConsumer {
  async answer(req, res, body) {
    console.log("received", JSON.parse(body).type);
    await super.answer(req, res, body);
  }
};

registry["node-http-compare-crash"] = class extends HttpConsumer {
  equal(expected, given) {
    return timingSafeEqual(expected, given);
  }

  async answer(req, res, body) {
    this.respond(res, await this.receive(req.headers, body));
  }
};

registry["node-http-batch-of-five"] = class extends HttpConsumer {
  waiting = [];

  async dispatch(event) {
    this.waiting.push({ event, attempt: defer() });
    if (this.waiting.length < 5) return reply();
    for (const { event: earlier, attempt } of this.waiting.splice(0)) {
      await current.run(attempt, () => super.dispatch(earlier));
      this.seen.settle(attempt);
    }
    return reply();
  }
};

// Ignores an update of an end user that is older than the one it has.
registry["node-http-stale-updates"] = class extends HttpConsumer {
  versions = new Map();

  endUser(event, data) {
    const version = this.when(data.updated_at)?.getTime();
    if (version < (this.versions.get(data.end_user_id) ?? 0)) {
      note("ignored");
      return;
    }
    if (version) this.versions.set(data.end_user_id, version);
    super.endUser(event, data);
  }
};
