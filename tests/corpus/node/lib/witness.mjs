// The witness: what became of every received attempt. An attempt counts as handled only because the store was
// written to while it was the current one.
import { AsyncLocalStorage } from "node:async_hooks";

export const current = new AsyncLocalStorage();

export function note(status) {
  const attempt = current.getStore();
  if (attempt) attempt.status = status;
}

// Takes the current attempt out of the request, for later work to settle.
export function defer() {
  const attempt = current.getStore();
  attempt.deferred = true;
  return attempt;
}

export class Witness {
  attempts = [];

  settle(attempt, otherwise = "ignored") {
    this.attempts.push({ svix_id: attempt.id, type: attempt.type, status: attempt.status ?? otherwise });
  }

  // Enters every request to the application, just before its answer ends, and serves the list.
  around(application) {
    return (req, res) => {
      if (req.url === "/_seen") {
        res.setHeader("content-type", "application/json");
        res.end(JSON.stringify(this.attempts));
        return;
      }
      const id = req.headers["svix-id"] ?? req.headers["webhook-id"] ?? null;
      const attempt = { id, type: null, status: null, deferred: false };
      req.attempt = attempt;
      const enter = () => {
        if (!attempt.deferred && !attempt.entered) this.settle(attempt, res.statusCode < 300 ? "ignored" : "rejected");
        attempt.entered = true;
      };
      const end = res.end.bind(res);
      res.end = (...rest) => {
        enter();
        return end(...rest);
      };
      res.on("close", enter);
      current.run(attempt, () => application(req, res));
    };
  }
}

// Stands for a database; saving a row is the effect that makes an attempt handled.
export class Store {
  rows = new Map();

  save(kind, key, row) {
    this.rows.set(`${kind}/${key}`, { ...this.rows.get(`${kind}/${key}`), ...row });
    note("handled");
  }

  get(kind, key) {
    return this.rows.get(`${kind}/${key}`);
  }
}
