// A server of the npm package ws. ws_server.js [deflate|plain] [CERT KEY]: listens on a free port and prints it.
//
//   /echo                  sends every message back as it came
//   /close?code=N&reason=  closes with that
//   /terminate             destroys the socket at the first message
//   /slow-queue            answers each message a little later, in order
//   /proto                 tells the subprotocol that was chosen (the last one offered)
//   /feed?count=N          sends N messages and closes
//   /ping                  pings, and tells the pong

"use strict";

const fs = require("fs");
const http = require("http");
const https = require("https");
const { WebSocketServer } = require("ws");

const [mode, cert, key] = process.argv.slice(2);
const server = cert
  ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) })
  : http.createServer((request, response) => response.writeHead(426).end("upgrade\n"));

const wss = new WebSocketServer({
  server,
  perMessageDeflate: mode === "deflate" ? { threshold: 0 } : false,
  maxPayload: 0,
  handleProtocols: (offered) => [...offered].pop(),
});

const routes = {
  "/echo"(ws) {
    // A client that does not read is not read from either: nothing piles up here.
    ws.on("message", (data, isBinary) => {
      ws.send(data, { binary: isBinary });
      if (ws.bufferedAmount > 1 << 20 && !ws.isPaused) {
        ws.pause();
        const look = () => (ws.bufferedAmount > 1 << 16 ? setImmediate(look) : ws.resume());
        look();
      }
    });
  },
  "/close"(ws, query) {
    const code = query.get("code");
    ws.close(...(code ? [Number(code), query.get("reason") || ""] : []));
  },
  "/terminate"(ws) {
    ws.on("message", () => ws.terminate());
  },
  "/slow-queue"(ws) {
    let chain = Promise.resolve();
    const later = () => new Promise((resolve) => setTimeout(resolve, 50));
    ws.on("message", (data, isBinary) => {
      chain = chain.then(later).then(() => ws.send(data, { binary: isBinary }));
    });
  },
  "/proto"(ws) {
    ws.send(ws.protocol);
    ws.close(1000);
  },
  "/feed"(ws, query) {
    const count = Number(query.get("count"));
    for (let i = 1; i <= count; i++) ws.send(JSON.stringify({ id: i, text: "update ".repeat(5) }));
    ws.close(1000, "done");
  },
  "/ping"(ws) {
    ws.on("pong", (data) => {
      ws.send(`pong ${data}`);
      ws.close(1000);
    });
    ws.ping("are you there?");
  },
};

wss.on("connection", (ws, request) => {
  const url = new URL(request.url, "http://localhost");
  ws.on("error", () => {});
  (routes[url.pathname] || ((socket) => socket.close(4404, "no such path")))(ws, url.searchParams);
});

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
