// A stand-in for a server of Phoenix channels, version 2: listens on a free port and prints it. The official client
// (the npm package phoenix) accepts it; see phoenix_client.js.
//
// On any topic but "refused", phx_join is accepted; "shout" is broadcast and acknowledged, "bytes" is answered with
// bytes, "fail" with an error.

"use strict";

const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/socket/websocket" });
server.on("listening", () => console.log(`port ${server.address().port}`));

function binary(kind, ...parts) {
  const strings = parts.slice(0, -1).map((part) => Buffer.from(part));
  return Buffer.concat([Buffer.from([kind, ...strings.map((s) => s.length)]), ...strings, parts.at(-1)]);
}

server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    if (isBinary) return;
    const [joinRef, ref, topic, event, payload] = JSON.parse(data);
    const reply = (status, response) =>
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status, response }]));
    if (event === "phx_join" && topic === "refused") reply("error", { reason: "unauthorized" });
    else if (event === "fail") reply("error", { reason: "as asked" });
    else if (event === "bytes") socket.send(binary(1, joinRef, ref, topic, "ok", Buffer.from([255, 1])));
    else if (event === "garbage") socket.send("this is no message");
    else reply("ok", {});
    if (event === "shout")
      for (const one of server.clients) one.send(JSON.stringify([null, null, topic, event, payload]));
  });
});
