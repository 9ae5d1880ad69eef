// A node of a chat service, of the npm packages ws and redis: what one client sends, all clients of all nodes receive, by
// way of Redis. fanout_node.js NAME REDIS_PORT [FAULT] [PORT]: prints its port. It does what is wrong on purpose:
//
//   no-bus     neither publishes nor subscribes           double    publishes everything twice
//   deaf       does not subscribe                         prefix    uses a channel of its own
//   mute       does not publish                           late      delivers what others sent after 1.5 s
//   loss       drops each delivery with probability 0.1   nameless  as it should, but names itself nowhere
//
// Several of them are joined by "+". NAME is in the header X-Node of the handshake's answer. POST /publish publishes its
// body, as a message of a client. On SIGTERM it closes its clients with 1001 and ends.

"use strict";

const http = require("http");
const { createClient } = require("redis");
const { WebSocketServer } = require("ws");

const [name, redisPort, fault, port] = process.argv.slice(2);
const faults = new Set((fault || "none").split("+"));
const channel = faults.has("prefix") ? "other:chat" : "chat";
const redis = () => createClient({ url: `redis://127.0.0.1:${redisPort}` }).on("error", () => {});
const publisher = redis();
const subscriber = redis();

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", async () => {
    if (request.method === "POST") await receive(body);
    response.writeHead(request.method === "POST" ? 204 : 200).end();
  });
});
const wss = new WebSocketServer({ server });

wss.on("headers", (headers) => {
  if (!faults.has("nameless")) headers.push(`X-Node: ${name}`);
});

function deliver(text) {
  for (const client of wss.clients) {
    if (faults.has("loss") && Math.random() < 0.1) continue;
    client.send(text);
  }
}

// A message of a client of this node: its own clients have it from here, the others from Redis.
async function receive(text) {
  deliver(text);
  if (faults.has("no-bus") || faults.has("mute")) return;
  for (let i = 0; i < (faults.has("double") ? 2 : 1); i++)
    await publisher.publish(channel, JSON.stringify({ origin: name, text })).catch(() => {});
}

wss.on("connection", (client) => {
  client.on("message", (data) => receive(data.toString()));
  client.on("error", () => {});
});

process.on("SIGTERM", () => {
  server.close();
  for (const client of wss.clients) client.close(1001);
  setTimeout(() => process.exit(0), 500);
});

async function main() {
  await publisher.connect();
  await subscriber.connect();
  if (!faults.has("no-bus") && !faults.has("deaf")) {
    await subscriber.subscribe(channel, (json) => {
      const { origin, text } = JSON.parse(json);
      if (origin !== name) setTimeout(deliver, faults.has("late") ? 1500 : 0, text);
    });
  }
  server.listen(Number(port) || 0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
}

main();
