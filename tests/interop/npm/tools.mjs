// Gives the generated files to the tools that people use on such files. Standard input: {"directories": [DIR],
// "inTurn": true to give quicktype each file for one of the languages only}. Standard output:
// {DIR: {tool: {file: "ok" or what the tool said}}}.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compile } from "json-schema-to-typescript";
import { InputData, JSONSchemaInput, FetchingJSONSchemaStore, quicktype } from "quicktype-core";
import { Parser } from "@asyncapi/parser";
import { Validator } from "@seriousme/openapi-schema-validator";

// A name as it is in any language: case and separators are the language's own.
const plain = (text) => text.toLowerCase().replace(/[^a-z0-9\n]/g, "");

async function attempt(said, tool, name, work) {
  try {
    said[tool][name] = (await work()) ?? "ok";
  } catch (error) {
    said[tool][name] = String(error?.message ?? error);
  }
}

const LANGUAGES = ["go", "csharp", "kotlin"];
const { directories, inTurn } = JSON.parse(readFileSync(0, "utf8"));
const parser = new Parser();

async function saidOf(directory) {
  const read = (name) => readFileSync(join(directory, name), "utf8");
  const names = readdirSync(directory).filter((name) => name.endsWith(".schema.json"));
  const said = { "json-schema-to-typescript": {}, quicktype: {}, asyncapi: {}, openapi: {} };
  for (const [number, name] of names.entries()) {
    await attempt(said, "json-schema-to-typescript", name, async () => {
      const text = await compile(JSON.parse(read(name)), "Event");
      return text.includes("export interface") || text.includes("export type") ? "ok" : "no types";
    });
    const languages = inTurn ? [LANGUAGES[number % LANGUAGES.length]] : LANGUAGES;
    for (const lang of name.startsWith("bundle") ? [] : languages) {
      await attempt(said, "quicktype", `${name} ${lang}`, async () => {
        const input = new JSONSchemaInput(new FetchingJSONSchemaStore());
        await input.addSource({ name: "Event", schema: read(name) });
        const inputData = new InputData();
        inputData.addInput(input);
        const { lines } = await quicktype({ inputData, lang });
        const text = plain(lines.join("\n"));
        const missing = Object.keys(JSON.parse(read(name)).properties).filter((n) => !text.includes(plain(n)));
        return missing.length ? `without ${missing.join(", ")}` : "ok";
      });
    }
  }
  await attempt(said, "asyncapi", "asyncapi.json", async () => {
    const { document, diagnostics } = await parser.parse(read("asyncapi.json"));
    // Severity 0 is an error, 1 a warning; the rest are recommendations.
    const wrong = diagnostics.filter((d) => d.severity < 2).map((d) => `${d.path.join(".")}: ${d.message}`);
    if (wrong.length) return wrong.join("\n");
    return document.messages().length === names.length - 1 ? "ok" : "not a message for each event";
  });
  await attempt(said, "openapi", "openapi.json", async () => {
    const result = await new Validator().validate(JSON.parse(read("openapi.json")));
    return result.valid ? "ok" : JSON.stringify(result.errors);
  });
  return said;
}

const all = {};
for (const directory of directories) all[directory] = await saidOf(directory);
process.stdout.write(JSON.stringify(all));
