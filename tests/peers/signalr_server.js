// A stand-in for a SignalR hub of ASP.NET Core, in JSON: listens on a free port and prints it. The official client
// (@microsoft/signalr) accepts it; see signalr_client.js.
//
//   Add(a, b)    their sum
//   Fail()       an error
//   Say(text)    the invocation news(text) to all clients
//   Count(n)     a stream of the numbers from 1 to n
//
// With the argument "strict", a WebSocket needs the id that the negotiation gave. /moved sends clients on to /hub, by
// another name of this host and with a token, which is needed there.

"use strict";

const { createServer } = require("http");
const { WebSocketServer } = require("ws");

const END = "\x1e";

const strict = process.argv[2] === "strict";
const ID = "t/+=";

function negotiate(request) {
  const url = new URL(request.url, "http://127.0.0.1");
  if (request.method !== "POST") return null;
  if (url.pathname === "/moved/negotiate")
    return { url: `http://localhost:${http.address().port}/hub?moved=1`, accessToken: "tok" };
  if (url.pathname === "/none/negotiate") return { error: "this hub is closed" };
  if (url.pathname !== "/hub/negotiate") return null;
  if (url.searchParams.has("moved") && (request.headers.authorization !== "Bearer tok" || request.headers["x-key"])) return null;
  return {
    negotiateVersion: 1,
    connectionId: "c",
    connectionToken: ID,
    availableTransports: [{ transport: "WebSockets", transferFormats: ["Text"] }],
  };
}

const http = createServer((request, response) => {
  const answer = negotiate(request);
  if (!answer) return response.writeHead(404).end();
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(answer));
});

const server = new WebSocketServer({
  server: http,
  path: "/hub",
  verifyClient: ({ req }) => !strict || new URL(req.url, "http://127.0.0.1").searchParams.get("id") === ID,
});

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
