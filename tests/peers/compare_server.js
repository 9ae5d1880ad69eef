// The same updates in three ways, by a server that knows what it did. compare_server.js: listens on a free port.
//
//   /ws             an update each 50 ms, {"n":N,"sent":ms since 1970}, at once
//   /events         the same as server-sent events, each 150 ms later
//   /state          the latest update alone; what was answered is remembered
//   /answered       the numbers that /state answered, as an array
//   ?skew=SECONDS   this server's clock is ahead by so much: in `sent` and in Date

"use strict";

const http = require("http");
const { WebSocketServer } = require("ws");

const LATE_MS = 150;
const answered = [];
const listeners = new Set();
let latest = { n: 0, at: Date.now() };

const text = (update, skew) => JSON.stringify({ n: update.n, sent: update.at + skew });
const skew_of = (url) => Number(new URL(url, "http://h").searchParams.get("skew") || 0) * 1000;

const server = http.createServer((request, response) => {
  const skew = skew_of(request.url);
  const path = request.url.split("?")[0];

  response.setHeader("Date", new Date(Date.now() + skew).toUTCString());
  if (path === "/state") {
    answered.push(latest.n);
    response.end(text(latest, skew));
  } else if (path === "/answered") {
    response.end(JSON.stringify(answered));
  } else if (path === "/events") {
    response.setHeader("Content-Type", "text/event-stream");
    response.flushHeaders();
    const listener = (update) => setTimeout(() => response.write(`data: ${text(update, skew)}\n\n`), LATE_MS);
    listeners.add(listener);
    response.on("close", () => listeners.delete(listener));
  } else {
    response.writeHead(404).end();
  }
});

new WebSocketServer({ server, path: "/ws", perMessageDeflate: false }).on("connection", (ws, request) => {
  const listener = (update) => ws.send(text(update, skew_of(request.url)));
  listeners.add(listener);
  ws.on("close", () => listeners.delete(listener));
  ws.on("error", () => listeners.delete(listener));
});

setInterval(() => {
  latest = { n: latest.n + 1, at: Date.now() };
  for (const listener of listeners) listener(latest);
}, 50);

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
