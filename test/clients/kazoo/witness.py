"""A kazoo client that tells of its states as they come, and of its calls' ends: one line each. See witness.ts for the other side."""

import sys
import threading

from kazoo.client import KazooClient, KazooState

NAMES = {KazooState.CONNECTED: "connected", KazooState.SUSPENDED: "disconnected", KazooState.LOST: "expired"}
LOCK = threading.Lock()


def say(*words):
    with LOCK:
        print(*words, flush=True)


client = KazooClient(
    hosts=sys.argv[1],
    timeout=10,
    connection_retry={"max_tries": -1, "delay": 0.02, "max_delay": 0.1},
)
client.add_listener(lambda state: say("state", NAMES[state]))
client.start(timeout=15)
say("session", client.client_id[0])


def ended(number):
    def tell(result):
        if result.exception is not None:
            say("failed", number, type(result.exception).__name__)
        else:
            value = result.value
            say("answer", number, value[0].decode() if isinstance(value[0], bytes) else "")

    return tell


for line in sys.stdin:
    number, verb, path, data = (line.rstrip("\n") + "   ").split(" ", 3)
    if verb == "get":
        client.get_async(path).rawlink(ended(number))
    elif verb == "set":
        client.set_async(path, data.strip().encode()).rawlink(ended(number))
client.stop()
client.close()
