// Express consumers that get delivery wrong: signatures, answers, repeats, order, load.
import { setTimeout as sleep } from "node:timers/promises";

import express from "express";

import { registry, reply } from "./lib/consumer.mjs";
import { ExpressConsumer } from "./lib/express.mjs";
import { current, defer } from "./lib/witness.mjs";

registry["express-timestamp-unchecked"] = class extends ExpressConsumer {
  checkTime() {}
};

registry["express-stringified-body"] = class extends ExpressConsumer {
  routes(app) {
    app.use(express.json({ type: () => true, limit: "20mb" }));
    app.post("/webhooks/ada", async (req, res) => {
      this.respond(res, await this.receive(req.headers, JSON.stringify(req.body)));
    });
  }
};

registry["express-ended-redirect"] = class extends ExpressConsumer {
  respond(res, answer) {
    if (answer.next) res.redirect(303, answer.next);
    else super.respond(res, answer);
  }

  ended(event, data) {
    super.ended(event, data);
    return { ...reply(), next: "/survey" };
  }
};

registry["express-link-unanswered"] = class extends ExpressConsumer {
  respond(res, answer) {
    if (answer.kind === "link") return;
    super.respond(res, answer);
  }

  message(event, data) {
    super.message(event, data);
    return { ...reply(), kind: data.content?.type };
  }
};

registry["express-dedupe-race"] = class extends ExpressConsumer {
  async once(key, event) {
    if (await this.isDone(key)) return this.duplicate();
    const answer = await this.dispatch(event);
    if (answer.status < 300) this.done.add(key);
    return answer;
  }

  async isDone(key) {
    const found = this.done.has(key);
    await sleep(20);
    return found;
  }
};

registry["express-dedupe-two-seconds"] = class extends ExpressConsumer {
  async turn(key, event) {
    const answer = await super.turn(key, event);
    setTimeout(() => this.done.delete(key), 2000);
    return answer;
  }
};

registry["express-ended-unknown"] = class extends ExpressConsumer {
  open = new Map();

  created(event, data) {
    this.open.set(data.conversation_id, { since: event.timestamp });
    super.created(event, data);
  }

  ended(event, data) {
    const { since } = this.open.get(data.conversation_id);
    super.ended(event, { ...data, since });
  }
};

registry["express-body-100kb"] = class extends ExpressConsumer {
  limit = undefined;
};

let latest;

registry["express-module-variable"] = class extends ExpressConsumer {
  async dispatch(event) {
    latest = { event, attempt: current.getStore() };
    await sleep(10);
    return await current.run(latest.attempt, () => super.dispatch(latest.event));
  }
};

registry["express-answered-first"] = class extends ExpressConsumer {
  async dispatch(event) {
    const attempt = defer();
    super
      .dispatch(event)
      .catch((error) => console.error("webhook failed", error))
      .finally(() => this.seen.settle(attempt));
    return reply();
  }

  profile(profile) {
    return { ...super.profile(profile), initial: profile.first_name[0] };
  }
};

registry["express-other-domain-dropped"] = class extends ExpressConsumer {
  created(event, data) {
    if (!data.ai_agent_domain?.endsWith(".ada.support")) return reply(200, { ignored: true });
    return super.created(event, data);
  }
};
