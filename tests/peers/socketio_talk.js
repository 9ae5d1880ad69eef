// The npm package socket.io-client does what a test does with wscope: socketio_talk.js URL. It emits "echo", asks for an ack,
// answers "q" and disconnects.

"use strict";

const { io } = require("socket.io-client");
const socket = io(process.argv[2]);

socket.on("q", (value, answer) => answer(9));
socket.on("answered", () => socket.disconnect());
socket.emit("echo", "hi there", { a: 1 }, "word");
socket.emit("ask", { n: 42 }, () => socket.emit("question"));
