// Starts one consumer in node/stacks: node stacks.mjs ID. CORPUS_BUG names its one bug; empty, it is correct.
import { createServer } from "node:http";

import { Witness } from "./lib/witness.mjs";

const [framework] = process.argv[2].split("-");
const { listener } = await import(`./stacks/${framework}.mjs`);
const seen = new Witness();
const server = createServer(seen.around(await listener(process.env.ADA_WEBHOOK_SECRET)));
server.listen(Number(process.env.CORPUS_PORT ?? 0), "127.0.0.1", 256, () => {
  console.log(`listening on ${server.address().port}`);
});
