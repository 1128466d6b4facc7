// Judges signatures with Svix's own JavaScript library. Standard input: a JSON list of
// {secret, headers, body} with the body in base64. Standard output: a JSON list of
// "ok" or the library's error message, in the same order.
import { readFileSync } from "node:fs";
import { Webhook } from "svix";

const requests = JSON.parse(readFileSync(0, "utf8"));
const verdicts = requests.map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(Buffer.from(body, "base64"), headers);
    return "ok";
  } catch (error) {
    // The library parses the body as JSON once the signature has matched.
    return error instanceof SyntaxError ? "ok" : error.message;
  }
});
process.stdout.write(JSON.stringify(verdicts));
