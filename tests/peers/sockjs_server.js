// A server of the npm package sockjs: listens on a free port and prints it. What a client sends to /echo comes back;
// "bye" ends the connection with 4001.

"use strict";

const { createServer } = require("http");
const sockjs = require("sockjs");

const echo = sockjs.createServer({ log: () => {} });
echo.on("connection", (conn) => {
  conn.on("data", (text) => (text === "bye" ? conn.close(4001, "as you wish") : conn.write(text)));
});
const server = createServer();
echo.installHandlers(server, { prefix: "/echo" });
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
