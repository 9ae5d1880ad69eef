// A server of the npm package ws that tells what it sees of its clients' ends: fault_server.js [CERT KEY]. It listens on
// a free port and prints it, then a line for each thing that happens, with the number of the connection:
//
//   1 open                    a WebSocket
//   1 message TEXT            which is sent back as well
//   1 pong TEXT               to the ping "p" that each client gets when it says "ping"
//   1 websocket CODE          an error of the protocol
//   1 socket ECONNRESET|end   how the stream below it ended, and after how many bytes
//   1 close CODE

"use strict";

const fs = require("fs");
const http = require("http");
const https = require("https");
const { WebSocketServer } = require("ws");

const [cert, key] = process.argv.slice(2);
const server = cert ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }) : http.createServer();
const wss = new WebSocketServer({ server, perMessageDeflate: false });
let count = 0;

const tell = (...words) => fs.writeSync(1, words.join(" ") + "\n");

server.on(cert ? "secureConnection" : "connection", (socket) => {
  const number = ++count;
  socket.number = number;
  socket.on("error", (error) => tell(number, "socket", error.code, socket.bytesRead));
  socket.on("end", () => tell(number, "socket end", socket.bytesRead));
});

wss.on("connection", (ws, request) => {
  const { number } = request.socket;
  tell(number, "open");
  ws.on("message", (data) => {
    tell(number, "message", data);
    if (String(data) === "ping") ws.ping("p");
    else ws.send(String(data));
  });
  ws.on("pong", (data) => tell(number, "pong", data));
  ws.on("error", (error) => tell(number, "websocket", error.code));
  ws.on("close", (code) => tell(number, "close", code));
});

server.listen(0, "127.0.0.1", () => tell("port", server.address().port));
