// Further correct Express consumers.
import { setTimeout as sleep } from "node:timers/promises";

import bodyParser from "body-parser";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook } from "svix";

import { registry, reply } from "./lib/consumer.mjs";
import { ExpressConsumer } from "./lib/express.mjs";
import { current } from "./lib/witness.mjs";

// The Express example of the Svix documentation, with a set of the ids that were handled and a larger limit.
registry["express-textbook-svix"] = class extends ExpressConsumer {
  routes(app) {
    app.post("/webhooks/ada", bodyParser.raw({ type: "application/json", limit: "5mb" }), async (req, res) => {
      const payload = req.body;
      const headers = req.headers;
      const wh = new Webhook(this.secret);
      let msg;
      try {
        msg = wh.verify(payload, headers);
      } catch (err) {
        return res.status(400).json({});
      }
      current.getStore().type = msg.type;
      await this.once(headers["svix-id"], msg);
      res.json({});
    });
  }
};

// The Standard Webhooks library, given the names it knows for Svix's headers.
registry["express-textbook-standardwebhooks"] = class extends ExpressConsumer {
  authenticate(headers, body) {
    const named = {};
    for (const part of ["id", "timestamp", "signature"]) named[`webhook-${part}`] = headers[`svix-${part}`];
    this.webhook ??= new StandardWebhook(this.secret);
    this.webhook.verify(body, named);
  }

  async receive(headers, body) {
    try {
      this.authenticate(headers, body);
    } catch {
      return reply(400, { error: "invalid signature" });
    }
    return await this.once(this.key(headers), this.decode(body));
  }
};

// Wants ends of conversations and of handoffs; everything else is acknowledged and ignored.
registry["express-some-events"] = class extends ExpressConsumer {
  async dispatch(event) {
    return String(event.type).endsWith(".ended") ? super.dispatch(event) : this.unknown(event);
  }
};

// Turns deliveries away, with Retry-After, while four are being worked on; a later attempt succeeds.
registry["express-overload-503"] = class extends ExpressConsumer {
  busy = 0;

  async dispatch(event) {
    if (this.busy >= 4) return reply(503, { error: "overloaded" }, { "Retry-After": "1" });
    this.busy += 1;
    try {
      await sleep(50);
      return await super.dispatch(event);
    } finally {
      this.busy -= 1;
    }
  }
};

// Takes 300 ms over every event, which is legal.
registry["express-slow-300ms"] = class extends ExpressConsumer {
  async dispatch(event) {
    await sleep(300);
    return super.dispatch(event);
  }
};
