// A GraphQL server over WebSockets by the npm package graphql-ws: listens on a free port and prints it.
//
//   { hello }                      a query
//   subscription { count(to: N) }  the numbers from 1 to N
//   subscription { ticks }         a number now and then, until it is completed

"use strict";

const { buildSchema } = require("graphql");
const { useServer } = require("graphql-ws/lib/use/ws");
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
