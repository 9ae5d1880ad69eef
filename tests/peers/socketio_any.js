// A server of the npm package socket.io in a version: socketio_any.js PACKAGE [PARSER] [OPTIONS]: listens on a free port and
// prints it, then a line for what each client does. PACKAGE is socket.io, socket.io-3 or socket.io-2; OPTIONS, in JSON, are
// further ones of the server. Other paths than its own are answered with 404.
//   echo ARG...   comes back as it came
//   ask ARG       is acknowledged with ARG
//   question      the server asks "q" and sends "answered" with the ack
//   blob BYTES    comes back reversed
//   shout         the server sends "shouted" once, without an offset for recovery
//   bye           the server disconnects the namespace
//   drop          the server closes the connection
// In the namespace /chat, "say ARG" is acknowledged with ARG.
// The namespace /members wants the token "right" (in auth, or in the query of the namespace with socket.io-2).

"use strict";

const { createServer } = require("http");
const [name, parser, more] = process.argv.slice(2);
const package_ = require(name);
const old = name === "socket.io-2";
const options = { transports: ["polling", "websocket"] };
if (parser === "msgpack") options.parser = require("socket.io-msgpack-parser");
Object.assign(options, JSON.parse(more ?? "{}"));
const server = createServer((request, response) => response.writeHead(404).end());
const io = old ? package_(server, options) : new package_.Server(server, options);

function serve(socket, where) {
  console.log(`connect ${where}`);
  socket.on("echo", (...values) => socket.emit("echo", ...values));
  socket.on("ask", (value, answer) => answer(value));
  socket.on("question", () => socket.emit("q", 7, (...answer) => socket.emit("answered", ...answer)));
  socket.on("blob", (bytes) => socket.emit("blob", Buffer.from(bytes).reverse()));
  socket.on("shout", () => socket.volatile.emit("shouted", "to whom it may concern"));
  socket.on("bye", () => socket.disconnect());
  socket.on("drop", () => socket.conn.close());
  socket.on("disconnect", (reason) => console.log(`disconnect ${where} ${reason}`));
}

io.on("connection", (socket) => serve(socket, "/"));
io.of("/chat").on("connection", (socket) => socket.on("say", (text, answer) => answer(text)));
const members = io.of("/members");
members.use((socket, next) => {
  const token = old ? socket.handshake.query.token : socket.handshake.auth.token;
  next(token === "right" ? undefined : new Error("not a member"));
});
members.on("connection", (socket) => serve(socket, "/members"));

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
