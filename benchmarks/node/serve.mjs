// The process of one contender: for each line of standard input, a count, `run` is called, and what it answers
// is printed as a line of JSON.
import { createInterface } from "node:readline";

export async function serve(run) {
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await run(Number(line))));
  }
}

export async function timed(work) {
  const start = process.hrtime.bigint();
  const count = await work();
  return { count, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}
