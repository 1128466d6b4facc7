// Starts one Node consumer: node server.mjs ID PORT, with the secret in ADA_WEBHOOK_SECRET.
import { createServer } from "node:http";

import { registry } from "./lib/consumer.mjs";
import { Witness } from "./lib/witness.mjs";

const [id, port] = process.argv.slice(2);
const plain = id.startsWith("node-http-");
const modules = plain ? ["./http_variants.mjs"] : ["./express_shapes.mjs", "./express_transport.mjs", "./express_correct.mjs"];
for (const module of modules) await import(module);

const seen = new Witness();
const consumer = new registry[id](process.env.ADA_WEBHOOK_SECRET, seen);
const server = createServer(seen.around(consumer.application()));
server.listen(Number(port), "127.0.0.1", 256, () => console.log(`listening on ${server.address().port}`));
