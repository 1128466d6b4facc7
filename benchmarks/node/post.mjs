// autocannon with one fixed body, signed once: node post.mjs URL CONCURRENCY FILE, the request as JSON
import { readFileSync } from "node:fs";
import autocannon from "autocannon";
import { serve } from "./serve.mjs";

const [url, connections, file] = process.argv.slice(2);
const { headers, body } = JSON.parse(readFileSync(file, "utf8"));

await serve(async (duration) => {
  const result = await autocannon({ url, connections: Number(connections), duration, method: "POST", headers, body });
  if (result.non2xx || result.errors) throw new Error(`${result.non2xx} not 2xx, ${result.errors} errors`);
  const { p50, p99 } = result.latency;
  return { count: result["2xx"], seconds: result.duration, p50, p99 };
});
