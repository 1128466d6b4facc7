// Compiles every schema file of a directory with ajv in strict mode, without plugins, and judges payloads.
// Standard input: {"schemas": DIR, "payloads": {"<name>.schema.json": FILE of NDJSON}}. Standard output:
// {"compiled": [names], "verdicts": {name: "10..."}}, one digit a payload.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

const { schemas, payloads } = JSON.parse(readFileSync(0, "utf8"));
const compiled = [];
const verdicts = {};
for (const name of readdirSync(schemas).filter((n) => n.endsWith(".schema.json")).sort()) {
  const validate = new Ajv2020({ strict: true }).compile(JSON.parse(readFileSync(join(schemas, name), "utf8")));
  compiled.push(name);
  if (!(name in payloads)) continue;
  const lines = readFileSync(payloads[name], "utf8").split("\n").filter((line) => line);
  verdicts[name] = lines.map((line) => (validate(JSON.parse(line)) ? "1" : "0")).join("");
}
process.stdout.write(JSON.stringify({ compiled, verdicts }));
