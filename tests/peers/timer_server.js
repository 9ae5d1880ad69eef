// An echo of the npm package ws on a free port of HOST (127.0.0.1), with a timer that depends on the path:
// timer_server.js [HOST], prints "port N".
//
//   /up?s=N        ended after N seconds in which the client sent nothing; the server sends something twice a second
//   /down?s=N      ended after N seconds in which the server sent nothing, be it a pong
//   /lifetime?s=N  ended N seconds after the opening, whatever is sent
//   /              never

"use strict";

const http = require("http");
const { WebSocketServer } = require("ws");

const host = process.argv[2] || "127.0.0.1";
const server = http.createServer((request, response) => response.writeHead(426).end("upgrade\n"));

new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (ws, request) => {
  const url = new URL(request.url, "http://localhost");
  const ms = Number(url.searchParams.get("s")) * 1000;
  let timer;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ws.terminate(), ms);
  };

  ws.on("message", (data, binary) => ws.send(data, { binary }));
  if (ms) restart();
  if (url.pathname === "/up") {
    for (const kind of ["message", "ping", "pong"]) ws.on(kind, restart);
    const ticks = setInterval(() => ws.send("tick"), 500);
    ws.on("close", () => clearInterval(ticks));
  } else if (url.pathname === "/down") {
    for (const kind of ["message", "ping"]) ws.on(kind, restart); // both are answered
  }
  ws.on("close", () => clearTimeout(timer));
});

server.listen(0, host, () => console.log(`port ${server.address().port}`));
