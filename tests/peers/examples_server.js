// What the examples that need a server of their own talk to, by the npm package ws: listens on a free port and prints it.
//
//   /app    a login, then subscriptions to topics
//   /chat   what one says in a room, all of it hear
//   /rpc    JSON-RPC 2.0: add, clock.subscribe
//   /ping   a ping for each client

"use strict";

const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
const rooms = new Map();

function app(ws) {
  let user = null;
  const say = (message) => ws.send(JSON.stringify(message));
  ws.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.op === "login") {
      if (message.password !== "correct horse") return ws.close(4401, "wrong user or password");
      user = message.user;
      return say({ op: "welcome", user, session: Math.random().toString(36).slice(2) });
    }
    if (user === null) return ws.close(4401, "log in first");
    if (message.op === "subscribe") {
      say({ op: "subscribed", topic: message.topic });
      for (let seq = 1; seq <= 3; seq++) say({ op: "update", topic: message.topic, seq });
    }
  });
}

function chat(ws, name) {
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room);
  room.add(ws);
  ws.on("message", (data) => room.forEach((other) => other.send(data.toString())));
  ws.on("close", () => room.delete(ws));
}

function rpc(ws) {
  const answer = (id, rest) => ws.send(JSON.stringify({ jsonrpc: "2.0", id, ...rest }));
  ws.on("message", (data) => {
    let call;
    try {
      call = JSON.parse(data);
    } catch {
      return answer(null, { error: { code: -32700, message: "Parse error" } });
    }
    if (call.method === "add") return answer(call.id, { result: call.params.reduce((a, b) => a + b, 0) });
    if (call.method === "clock.subscribe") {
      answer(call.id, { result: "sub-1" });
      const tick = (n) => ({ jsonrpc: "2.0", method: "clock.tick", params: { subscription: "sub-1", n } });
      for (let n = 1; n <= 2; n++) ws.send(JSON.stringify(tick(n)));
      return;
    }
    if (call.id !== undefined) answer(call.id, { error: { code: -32601, message: "Method not found" } });
  });
}

server.on("connection", (ws, request) => {
  const url = new URL(request.url, "ws://localhost");
  if (url.pathname === "/app") app(ws);
  else if (url.pathname === "/chat") chat(ws, url.searchParams.get("room"));
  else if (url.pathname === "/rpc") rpc(ws);
  else if (url.pathname === "/ping") ws.ping("alive?");
  else ws.close(4404, "no such path");
});
server.on("listening", () => console.log(`port ${server.address().port}`));
