// A client of RabbitMQ by the npm package @stomp/stompjs: rabbit_client.js URL: subscribes to /topic/both, prints "ready", then
// what comes, and answers "ping" with "pong".

"use strict";

const { Client } = require("@stomp/stompjs");
const { WebSocket } = require("ws");

const client = new Client({
  webSocketFactory: () => new WebSocket(process.argv[2], ["v12.stomp"]),
  connectHeaders: { login: "guest", passcode: "guest" },
  onConnect() {
    client.watchForReceipt("subscribed", () => console.log("ready"));
    client.subscribe(
      "/topic/both",
      (message) => {
        console.log(message.body);
        if (message.body === "ping") client.publish({ destination: "/topic/both", body: "pong" });
      },
      { receipt: "subscribed" },
    );
  },
});
client.activate();
