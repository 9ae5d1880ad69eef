// A node of a Socket.IO service: what one client sends as "chat", all receive. fanout_socketio.js NAME REDIS_PORT: with
// @socket.io/redis-adapter; REDIS_PORT 0: without, so that each node is alone. Prints its port. NAME is in the header X-Node.

"use strict";

const http = require("http");
const { createClient } = require("redis");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");

const [name, redisPort] = process.argv.slice(2);
const server = http.createServer();
const io = new Server(server);

io.engine.on("initial_headers", (headers) => (headers["X-Node"] = name));
io.engine.on("headers", (headers) => (headers["X-Node"] = name));

io.on("connection", (socket) => {
  socket.on("chat", (...args) => io.emit("chat", ...args));
});

async function main() {
  if (Number(redisPort)) {
    const publisher = createClient({ url: `redis://127.0.0.1:${redisPort}` });
    const subscriber = publisher.duplicate();
    await publisher.connect();
    await subscriber.connect();
    io.adapter(createAdapter(publisher, subscriber));
  }
  server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
}

main();
