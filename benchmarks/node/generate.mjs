// json-schema-faker on our schema files: node generate.mjs FOLDER MESSAGES
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createGeneratorSync } from "json-schema-faker";
import { serve, timed } from "./serve.mjs";

const [folder, messages] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.schema.json`), "utf8"));
const schemas = [read("conversation.created"), ...Array(Number(messages)).fill(read("conversation.message"))];
const generator = createGeneratorSync({ seed: 1, alwaysFakeOptionals: true });
let at = 0;

await serve((count) =>
  timed(() => {
    for (let made = 0; made < count; made += 1) {
      Buffer.from(JSON.stringify(generator.generate(schemas[at])));
      at = (at + 1) % schemas.length;
    }
    return count;
  }),
);
