// A GraphQL server of the older protocol, whose subprotocol is named graphql-ws, by the npm package
// subscriptions-transport-ws: listens on a free port and prints it. It has what graphql_server.js has.

"use strict";

const { createServer } = require("http");
const { buildSchema, execute, subscribe } = require("graphql");
const { SubscriptionServer } = require("subscriptions-transport-ws");

const schema = buildSchema(`
  type Query { hello: String }
  type Subscription { count(to: Int!): Int }
`);

const rootValue = {
  hello: () => "hello, κόσμε",
  async *count({ to }) {
    for (let i = 1; i <= to; i++) yield { count: i };
  },
};

const server = createServer((request, response) => response.writeHead(404).end());
SubscriptionServer.create(
  {
    schema,
    rootValue,
    execute,
    subscribe,
    keepAlive: 1000,
    onConnect(params) {
      if (params?.token === "wrong") throw new Error("no entry");
    },
  },
  { server, path: "/graphql" },
);
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
