// An application of Socket.IO: proxy_socketio.js server [recovery] listens on a free port, which it prints, and sends
// {"n":N} as the event "tick" ten times a second; proxy_socketio.js client URL [polling] receives it.

"use strict";

const [role, argument, first] = process.argv.slice(2);

if (role === "server") {
  const server = require("http").createServer();
  const { Server } = require("socket.io");
  const recovery = argument === "recovery" ? { maxDisconnectionDuration: 60000 } : undefined;
  const io = new Server(server, { connectionStateRecovery: recovery });
  let n = 0;
  setInterval(() => io.emit("tick", { n: ++n }), 100);
  server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
} else {
  console.log("started");
  // Without "polling" WebSocket alone: what comes by polling before the upgrade is not accounted for.
  const transports = first ? [first, "websocket"] : ["websocket"];
  require("socket.io-client")(argument, { transports, reconnectionDelay: 200, reconnectionDelayMax: 500 });
}
