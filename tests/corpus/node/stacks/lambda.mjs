// Makes events of HTTP requests as an API Gateway does, and gives each concurrent one an execution environment.
import { current } from "../lib/witness.mjs";

// A gateway for which all media types are binary encodes every body; otherwise JSON comes as text.
const encodesAll = (process.env.CORPUS_BUG ?? "").startsWith("base64");
// A REST API sends payload format 1.0, in which headers have the names that were sent.
const restApi = process.env.CORPUS_BUG === "rest-api";
const textual = /^(text\/|application\/(json|javascript|xml))/;

function eventOf(req, body) {
  const isBase64Encoded = encodesAll || !textual.test(req.headers["content-type"] ?? "text/plain");
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
  );
  if (restApi) {
    const sent = {};
    for (let i = 0; i < req.rawHeaders.length; i += 2) sent[req.rawHeaders[i]] = req.rawHeaders[i + 1];
    return {
      version: "1.0",
      resource: req.url,
      path: req.url,
      httpMethod: req.method,
      headers: sent,
      multiValueHeaders: Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value]])),
      queryStringParameters: null,
      requestContext: { accountId: "123456789012", apiId: "api-id", httpMethod: req.method, stage: "prod" },
      body: body.toString("utf8"),
      isBase64Encoded: false,
    };
  }
  const { pathname, search } = new URL(req.url, "http://127.0.0.1");
  return {
    version: "2.0",
    routeKey: `${req.method} ${pathname}`,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers,
    requestContext: {
      accountId: "123456789012",
      apiId: "api-id",
      http: { method: req.method, path: pathname, protocol: "HTTP/1.1", sourceIp: req.socket.remoteAddress },
      requestId: crypto.randomUUID(),
      stage: "$default",
      timeEpoch: Date.now(),
    },
    body: isBase64Encoded ? body.toString("base64") : body.toString("utf8"),
    isBase64Encoded,
  };
}

const idle = [];
let started = 0;

async function invoke(event) {
  const environment = idle.pop() ?? (await import(`./lambda/handler.mjs?environment=${(started += 1)}`));
  const attempt = current.getStore();
  try {
    return await environment.handler(event);
  } finally {
    attempt.returned = true;
    idle.push(environment);
  }
}

function answer(res, result) {
  if (result?.statusCode === undefined) {
    res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result ?? null));
    return;
  }
  const body = result.isBase64Encoded ? Buffer.from(result.body, "base64") : (result.body ?? "");
  res.writeHead(result.statusCode, result.headers).end(body);
}

export function listener() {
  return async (req, res) => {
    const { attempt } = req;
    if (req.method !== "POST" || req.url !== "/webhooks/ada") {
      answer(res, { statusCode: 404, body: '{"message":"Not Found"}' });
      return;
    }
    try {
      const chunks = [];
      for await (const chunk of req) chunks.push(chunk);
      const event = eventOf(req, Buffer.concat(chunks));
      answer(res, await current.run(attempt, () => invoke(event)));
    } catch (error) {
      if (!res.writableEnded && !req.destroyed) console.error(error);
      answer(res, { statusCode: 500, body: '{"message":"Internal Server Error"}' });
    }
  };
}
