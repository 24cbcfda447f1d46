// A receiver of callbacks with nothing but Node: CALLBACK_SECRET=whsec_… node receiver.mjs
// The package `standardwebhooks` does the same as `verify` here: new Webhook(secret).verify(body, headers).

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const LARGEST = 64 * 1024;
const TOLERANCE = 5 * 60; // seconds
const key = Buffer.from((process.env.CALLBACK_SECRET ?? "").replace(/^whsec_/, ""), "base64");
if (key.length < 24) throw new Error("set CALLBACK_SECRET");
const seen = new Set(); // a real one keeps these beside its own rows, for a week

function verify(body, headers) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !signatures || !/^\d+$/.test(timestamp ?? "")) throw new Error("Missing required headers");
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) throw new Error("Message too old or too new");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  const matches = signatures.split(" ").some((signature) => {
    const [version, text] = signature.split(",");
    const given = Buffer.from(text ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches) throw new Error("No matching signature found");
  return JSON.parse(body);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST) return response.writeHead(413, { connection: "close" }).end();
    chunks.push(chunk);
  }
  try {
    const told = verify(Buffer.concat(chunks), request.headers);
    const id = request.headers["webhook-id"];
    if (!seen.has(id)) {
      seen.add(id);
      console.log(`${told.sequence} ${told.jobId} ${told.status}`);
    }
    response.writeHead(204).end(); // yours now; anything but 2xx is tried again, 410 never
  } catch (error) {
    response.writeHead(400).end(error.message);
  }
});
server.listen(Number(process.env.PORT ?? 8787), "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
