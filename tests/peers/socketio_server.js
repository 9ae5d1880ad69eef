// A server of the npm package socket.io. socketio_server.js [PING_INTERVAL_MS PING_TIMEOUT_MS]: listens on a free port and
// prints it. It sends the event "echo" back as it came, acknowledges "ask", answers "blob" with bytes and ends the session
// upon "bye". The namespace /members wants {"token":"right"}.

"use strict";

const { createServer } = require("http");
const { Server } = require("socket.io");

const [pingInterval, pingTimeout] = process.argv.slice(2).map(Number);
const server = createServer();
const io = new Server(server, { pingInterval: pingInterval || 25000, pingTimeout: pingTimeout || 20000 });

io.on("connection", (socket) => {
  socket.on("echo", (...values) => socket.emit("echo", ...values));
  socket.on("ask", (value, answer) => answer(value));
  socket.on("blob", () => socket.emit("blob", Buffer.from([0, 255])));
  socket.on("bye", () => socket.disconnect(true));
});

io.of("/members").use((socket, next) => {
  next(socket.handshake.auth.token === "right" ? undefined : new Error("not a member"));
});

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
