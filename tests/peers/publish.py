"""Publish numbered updates to nchan: publish.py PORT RATE, until it is ended. Prints "publishing" after the first."""
import http.client
import json
import sys
import time

port, rate = int(sys.argv[1]), float(sys.argv[2])
connection = http.client.HTTPConnection("127.0.0.1", port)
start, number = time.monotonic(), 0
while True:
    number += 1
    connection.request("POST", "/publish", json.dumps({"id": number, "sent": time.time()}))
    answer = connection.getresponse()
    answer.read()
    assert answer.status < 300, answer.status
    if number == 1:
        print("publishing", flush=True)
    time.sleep(max(0, start + number / rate - time.monotonic()))
