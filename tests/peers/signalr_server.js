// A stand-in for a SignalR hub of ASP.NET Core, in JSON: listens on a free port and prints it. The official client
// (@microsoft/signalr) accepts it; see signalr_client.js.
//
//   Add(a, b)    their sum
//   Fail()       an error
//   Say(text)    the invocation news(text) to all clients
//   Count(n)     a stream of the numbers from 1 to n

"use strict";

const { createServer } = require("http");
const { WebSocketServer } = require("ws");

const END = "\x1e";

const http = createServer((request, response) => {
  if (request.method !== "POST" || !request.url.startsWith("/hub/negotiate")) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader("Content-Type", "application/json");
  response.end(
    JSON.stringify({
      negotiateVersion: 1,
      connectionId: "c",
      connectionToken: "t",
      availableTransports: [{ transport: "WebSockets", transferFormats: ["Text"] }],
    }),
  );
});

const server = new WebSocketServer({ server: http, path: "/hub" });

function send(socket, ...records) {
  socket.send(records.map((record) => JSON.stringify(record) + END).join(""));
}

function handle(socket, { type, invocationId, target, arguments: args }) {
  if (type === 4) {
    // All in one message, as the server may send them.
    const items = Array.from({ length: args[0] }, (_, i) => ({ type: 2, invocationId, item: i + 1 }));
    send(socket, ...items, { type: 3, invocationId });
    return;
  }
  if (type !== 1) return;
  if (target === "Say") for (const one of server.clients) send(one, { type: 1, target: "news", arguments: args });
  if (!invocationId) return;
  if (target === "Fail") send(socket, { type: 3, invocationId, error: "it failed" });
  else if (target === "Add") send(socket, { type: 3, invocationId, result: args[0] + args[1] });
  else if (target === "Garbage") socket.send("this is no record");
  else send(socket, { type: 3, invocationId });
}

server.on("connection", (socket) => {
  let shaken = false;
  socket.on("message", (data) => {
    for (const record of data.toString().split(END).slice(0, -1)) {
      const message = JSON.parse(record);
      if (shaken) {
        handle(socket, message);
      } else if (message.protocol === "json") {
        shaken = true;
        send(socket, {});
      } else {
        send(socket, { error: `The protocol '${message.protocol}' is not supported.` });
        socket.close();
      }
    }
  });
});

http.listen(0, "127.0.0.1", () => console.log(`port ${http.address().port}`));
