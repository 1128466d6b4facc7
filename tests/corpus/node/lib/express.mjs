// A complete, correct Express consumer.
import express from "express";

import { Consumer, registry } from "./consumer.mjs";

export class ExpressConsumer extends Consumer {
  limit = "20mb";

  application() {
    const app = express();
    this.routes(app);
    return app;
  }

  routes(app) {
    app.post("/webhooks/ada", express.raw({ type: () => true, limit: this.limit }), async (req, res) => {
      const answer = await this.receive(req.headers, req.body ?? Buffer.alloc(0));
      this.respond(res, answer);
    });
  }

  respond(res, answer) {
    res.status(answer.status).set(answer.headers).json(answer.body);
  }
}

registry["express-base"] = ExpressConsumer;
