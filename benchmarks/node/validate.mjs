// ajv on our schema files: node validate.mjs EVENTS FOLDER, events as lines of JSON
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import { serve, timed } from "./serve.mjs";

const [events, folder] = process.argv.slice(2);
const values = readFileSync(events, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const ajv = new Ajv({ strict: false });
const validators = new Map();
for (const { type } of values) {
  if (!validators.has(type)) {
    const file = join(folder, `${type.slice("v1.".length)}.schema.json`);
    validators.set(type, ajv.compile(JSON.parse(readFileSync(file, "utf8"))));
  }
}
const valid = (value) => validators.get(value.type)(value);
if (!values.every(valid)) throw new Error("an event is not valid");
const spoilt = structuredClone(values[0]);
delete spoilt.data;
if (valid(spoilt)) throw new Error("an event without data is valid");

await serve((count) =>
  timed(() => {
    const rounds = Math.max(1, Math.round(count / values.length));
    for (let round = 0; round < rounds; round += 1) for (const value of values) valid(value);
    return rounds * values.length;
  }),
);
