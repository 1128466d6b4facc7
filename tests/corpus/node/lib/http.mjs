// A complete, correct consumer on node:http.
import { AsyncLocalStorage } from "node:async_hooks";

import { Consumer, registry } from "./consumer.mjs";

export class HttpConsumer extends Consumer {
  application() {
    return (req, res) => {
      if (req.method !== "POST" || req.url !== "/webhooks/ada") {
        res.statusCode = 404;
        res.end();
        return;
      }
      this.read(
        req,
        AsyncLocalStorage.bind((body) => this.answer(req, res, body)),
      );
    };
  }

  read(req, done) {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk));
    req.on("end", () => done(Buffer.concat(chunks)));
  }

  async answer(req, res, body) {
    try {
      this.respond(res, await this.receive(req.headers, body));
    } catch (error) {
      console.error(error);
      this.respond(res, { status: 500, body: { error: "internal error" }, headers: {} });
    }
  }

  respond(res, answer) {
    res.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    res.end(JSON.stringify(answer.body));
  }
}

registry["node-http-base"] = HttpConsumer;
