// A GraphQL server over WebSockets by the npm package graphql-ws, or graphql-ws-6, which is its version 6:
// graphql_server.js [PACKAGE]: listens on a free port and prints it.
//
//   { hello }                      a query
//   subscription { count(to: N) }  the numbers from 1 to N
//   subscription { ticks }         a number now and then, until it is completed

"use strict";

const { buildSchema } = require("graphql");
const { useServer } = require(process.argv[2] === "graphql-ws-6" ? "graphql-ws-6/use/ws" : "graphql-ws/lib/use/ws");
const { WebSocketServer } = require("ws");

const schema = buildSchema(`
  type Query { hello: String }
  type Subscription { count(to: Int!): Int, ticks: Int }
`);

const roots = {
  query: { hello: () => "hello, κόσμε" },
  subscription: {
    async *count({ to }) {
      for (let i = 1; i <= to; i++) yield { count: i };
    },
    async *ticks() {
      for (let i = 1; ; i++) {
        yield { ticks: i };
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  },
};

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/graphql" });
server.on("listening", () => console.log(`port ${server.address().port}`));
useServer(
  {
    schema,
    roots,
    connectionInitWaitTimeout: 500,
    onConnect: ({ connectionParams }) => connectionParams?.token !== "wrong",
  },
  server,
);
