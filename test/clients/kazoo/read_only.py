"""kazoo against the one peer that is left of an ensemble: see ../program.ts for what is printed and read.

usage: read_only.py CONNECT_STRING
"""

import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import NotReadOnlyCallError
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.protocol.states import KeeperState

from world import HOSTS, ask, check, connect, equal, happens, raises, run


@check
def a_client_that_wants_to_write_finds_nobody():
    raises(KazooTimeoutError, KazooClient(hosts=HOSTS).start, timeout=1)


@check
def a_reader_reads_until_it_may_write():
    client = connect(read_only=True)
    equal(client.client_state, KeeperState.CONNECTED_RO)
    equal(client.get("/before")[0], b"1")
    raises(NotReadOnlyCallError, client.set, "/before", b"2")
    raises(NotReadOnlyCallError, client.sync, "/before")
    lost, writable = threading.Event(), threading.Event()

    def on_state(state):
        if state == KazooState.LOST:
            lost.set()
        if state == KazooState.CONNECTED and lost.is_set() and client.client_state == KeeperState.CONNECTED:
            writable.set()

    client.add_listener(on_state)
    ask("start-killed")
    happens(lost, "the read-only peer's session ends with its role")
    happens(writable, "the client finds a peer with a quorum")
    equal(client.client_state, KeeperState.CONNECTED)
    client.retry(client.set, "/before", b"2")
    equal(client.get("/before")[0], b"2")


if __name__ == "__main__":
    run()
