// Stand-ins for the servers of the clients in proxy_clients.js, each just enough for the official client to work:
// welcome it, confirm what it subscribes to, and send a heartbeat each second. All are on one free port, which is
// printed; the path selects one.
//
//   /socket.io4/  /socket.io2/   the real Socket.IO, which speaks to both
//   /graphql-ws                   the real graphql-ws, version 6
//   /phoenix/websocket  /signalr  /actioncable  /mqtt  /stomp  /centrifuge
//   /rws  /websockets  /page     a message each second
//   /page.html                    a page that connects to /page

"use strict";

const http = require("http");
const { WebSocketServer } = require("ws");
const { Server } = require("socket.io");
const { buildSchema } = require("graphql");
const { useServer } = require("graphql-ws-6/use/ws");

const BEAT_MS = 1000;

function phoenix(ws) {
  ws.on("message", (data) => {
    const [join, ref, topic] = JSON.parse(data);
    ws.send(JSON.stringify([join, ref, topic, "phx_reply", { status: "ok", response: {} }]));
  });
}

function signalr(ws) {
  ws.on("message", (data) => String(data).includes('"protocol"') && ws.send("{}\x1e"));
  return () => ws.send('{"type":6}\x1e');
}

function actioncable(ws) {
  const say = (message) => ws.send(JSON.stringify(message));
  say({ type: "welcome" });
  ws.on("message", (data) => {
    const { command, identifier } = JSON.parse(data);
    if (command === "subscribe") say({ type: "confirm_subscription", identifier });
  });
  return () => say({ type: "ping", message: Math.floor(Date.now() / 1000) });
}

// MQTT 3.1.1: packets are answered as they are complete, whatever messages they came in.
function mqtt(ws) {
  let pending = Buffer.alloc(0);
  ws.on("message", (data) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 2 && pending[1] < 128 && pending.length >= 2 + pending[1]) {
      const packet = pending.subarray(0, 2 + pending[1]);
      pending = pending.subarray(packet.length);
      const type = packet[0] >> 4;
      if (type === 1) ws.send(Buffer.from([0x20, 2, 0, 0]));
      if (type === 8) ws.send(Buffer.from([0x90, 3, packet[2], packet[3], 0]));
      if (type === 12) ws.send(Buffer.from([0xd0, 0]));
    }
  });
}

function stomp(ws) {
  ws.on("message", (data) => {
    if (/^(CONNECT|STOMP)\n/.test(data)) ws.send(`CONNECTED\nversion:1.2\nheart-beat:${BEAT_MS},${BEAT_MS}\n\n\0`);
  });
  return () => ws.send("\n");
}

function centrifuge(ws) {
  ws.on("message", (data) => {
    for (const line of String(data).trim().split("\n")) {
      const { id, connect, subscribe } = JSON.parse(line);
      if (connect) ws.send(JSON.stringify({ id, connect: { client: "c", version: "1", ping: 1, pong: true } }));
      if (subscribe) ws.send(JSON.stringify({ id, subscribe: {} }));
    }
  });
  return () => ws.send("{}");
}

function plain(ws) {
  let n = 0;
  return () => ws.send(JSON.stringify({ tick: n++ }));
}

function graphql() {
  const schema = buildSchema("type Query { hello: String } type Subscription { ticks: Int }");
  async function* ticks() {
    for (let i = 1; ; i++) {
      yield { ticks: i };
      await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
    }
  }
  const server = new WebSocketServer({ noServer: true });
  useServer({ schema, roots: { query: { hello: () => "hello" }, subscription: { ticks } } }, server);
  return (ws, request) => {
    server.emit("connection", ws, request);
  };
}

// What many pages do: wait twice as long each time, up to 8 s, and take silence for a loss.
function page_script() {
  const url = `ws://${location.host}/page`;
  let delay = 1000;
  const connect = () => {
    const socket = new WebSocket(url);
    let silence, over = false;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(lose, 4000);
    };
    const lose = () => {
      if (over) return;
      over = true;
      clearTimeout(silence);
      socket.close();
      setTimeout(connect, delay);
      delay = Math.min(2 * delay, 8000);
    };
    socket.onopen = () => {
      delay = 1000;
      socket.send('{"op":"subscribe","topic":"a"}');
      heard();
    };
    socket.onmessage = heard;
    socket.onclose = lose;
  };
  connect();
}

const rooms = {
  "/phoenix/websocket": phoenix,
  "/signalr": signalr,
  "/actioncable": actioncable,
  "/mqtt": mqtt,
  "/stomp": stomp,
  "/centrifuge": centrifuge,
  "/rws": plain,
  "/websockets": plain,
  "/page": plain,
  "/graphql-ws": graphql(),
};

const server = http.createServer((request, response) => {
  if (request.url === "/page.html") response.setHeader("Content-Type", "text/html").end(`<script>(${page_script})()</script>`);
  else if (!request.url.startsWith("/socket.io")) response.writeHead(404).end();
});
const accept = new WebSocketServer({ noServer: true, perMessageDeflate: false });

for (const path of ["/socket.io4/", "/socket.io2/"]) {
  const io = new Server(server, { path, allowEIO3: true, pingInterval: BEAT_MS, pingTimeout: BEAT_MS });
  io.on("connection", (socket) => socket.on("subscribe", (topic, done) => done && done(topic)));
}

server.on("upgrade", (request, socket, head) => {
  const serve = rooms[request.url.split("?")[0]];
  if (!serve) return;
  accept.handleUpgrade(request, socket, head, (ws) => {
    const beat = serve(ws, request);
    const timer = beat && setInterval(beat, BEAT_MS);
    ws.on("close", () => clearInterval(timer));
    ws.on("error", () => clearInterval(timer));
  });
});

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
