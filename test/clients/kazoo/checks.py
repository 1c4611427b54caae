"""kazoo's own habits against an ensemble: see ../program.ts for what is printed and read.

usage: checks.py CONNECT_STRING
"""

import subprocess
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    AuthFailedError,
    BadVersionError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.protocol.serialization import Connect, int_struct
from kazoo.security import make_acl, make_digest_acl

from world import HOSTS, PATIENCE, ask, check, connect, connected, equal, happens, raises, run


@check
def sessions():
    first, second = connect(), connect()
    equal(first.state, KazooState.CONNECTED)
    first.create("/sessions", b"", ephemeral=True)
    owner = second.exists("/sessions").owner_session_id
    equal(owner, first.client_id[0])
    gone = threading.Event()
    assert second.exists("/sessions", watch=lambda event: gone.set())
    first.stop()
    happens(gone, "the ephemeral node of a closed session goes")
    equal(second.exists("/sessions"), None)


@check
def nodes():
    client = connect()
    equal(client.create("/nodes/a/b", b"one", makepath=True), "/nodes/a/b")
    data, stat = client.get("/nodes/a/b")
    equal((data, stat.version, stat.dataLength, stat.numChildren), (b"one", 0, 3, 0))
    equal(client.set("/nodes/a/b", b"two", version=0).version, 1)
    raises(BadVersionError, client.set, "/nodes/a/b", b"three", version=0)
    raises(NodeExistsError, client.create, "/nodes/a")
    raises(NoNodeError, client.get, "/nodes/none")
    raises(NotEmptyError, client.delete, "/nodes/a")
    equal(client.get_children("/nodes"), ["a"])
    client.delete("/nodes", recursive=True)
    equal(client.exists("/nodes"), None)


@check
def sequential():
    client = connect()
    client.create("/seq")
    names = [client.create("/seq/n-", sequence=True) for _ in range(3)]
    names.append(client.create("/seq/e-", ephemeral=True, sequence=True))
    equal(names, ["/seq/n-0000000000", "/seq/n-0000000001", "/seq/n-0000000002", "/seq/e-0000000003"])


@check
def watches():
    client, other = connect(), connect()
    client.create("/watched", b"0")
    data_seen, children_seen = threading.Event(), threading.Event()
    values, children = [], []

    @client.DataWatch("/watched")
    def on_data(data, stat):
        values.append(data)
        if data == b"2":
            data_seen.set()

    @client.ChildrenWatch("/watched")
    def on_children(names):
        children.append(sorted(names))
        if len(names) == 2:
            children_seen.set()

    other.set("/watched", b"2")
    happens(data_seen, "a data watch fires")
    other.create("/watched/a")
    other.create("/watched/b")
    happens(children_seen, "a child watch fires")
    equal((values[0], values[-1]), (b"0", b"2"))
    equal((children[0], children[-1]), ([], ["a", "b"]))

    created = threading.Event()
    events = []
    client.exists("/later", watch=lambda event: (events.append(event), created.set()))
    other.create("/later")
    happens(created, "an exists watch fires")
    equal((events[0].type, events[0].path), ("CREATED", "/later"))


@check
def transactions():
    client = connect()
    client.create("/multi", b"0")
    good = client.transaction()
    good.create("/multi/a", b"1")
    good.set_data("/multi", b"1")
    good.check("/multi", 1)
    good.delete("/multi/a")
    results = good.commit()
    equal((results[0], results[1].version, results[2:]), ("/multi/a", 1, [True, True]))
    bad = client.transaction()
    bad.create("/multi/b")
    bad.check("/multi", 7)
    bad.create("/multi/c")
    kinds = [type(result) for result in bad.commit()]
    equal(kinds, [RolledBackError, BadVersionError, RuntimeInconsistency])
    equal(client.get_children("/multi"), [])


@check
def acls():
    owner = connect(auth_data=[("digest", "user:secret")])
    stranger = connect()
    owner.create("/private", b"1", acl=[make_digest_acl("user", "secret", all=True)])
    equal(owner.get("/private")[0], b"1")
    raises(NoAuthError, stranger.get, "/private")
    stranger.add_auth("digest", "user:secret")
    equal(stranger.get("/private")[0], b"1")


@check
def sasl():
    options = {"mechanism": "DIGEST-MD5", "username": "user", "password": "secret"}
    user = connect(sasl_options=options)
    stranger = connect()
    user.create("/sasl", b"1", acl=[make_acl("sasl", "user", all=True)])
    equal(user.get("/sasl")[0], b"1")
    raises(NoAuthError, stranger.get, "/sasl")


@check
def stopped_program():
    """A session outlives its program, and whoever knows its password goes on with it."""
    program = """
import sys
from kazoo.client import KazooClient
client = KazooClient(hosts=sys.argv[1], timeout=10)
client.start()
client.create("/left", b"", ephemeral=True)
print(client.client_id[0], client.client_id[1].hex(), flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", program, HOSTS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        session, password = child.stdout.readline().split()
        child.kill()
    client_id = (int(session), bytes.fromhex(password.decode()))
    client = connect(client_id=client_id)
    equal(client.client_id, client_id)
    equal(client.exists("/left").owner_session_id, client_id[0])


@check
def pings():
    """A session of the same timeout that says nothing ends first, whose connection the server closes."""
    client = connect(timeout=4)
    client.create("/pinging", b"", ephemeral=True)
    states = []
    client.add_listener(lambda state: states.append(state))
    address = client._connection._socket.getpeername()
    silent = client.handler.create_connection(address, PATIENCE)
    handshake = Connect(0, 0, 4000, 0, b"\0" * 16, False).serialize()
    silent.sendall(int_struct.pack(len(handshake)) + handshake)
    silent.settimeout(PATIENCE)
    while silent.recv(1024):
        pass
    silent.close()
    equal((client.exists("/pinging").owner_session_id, states), (client.client_id[0], []))


@check
def chroot():
    root = connect()
    root.create("/below")
    client = connected(KazooClient(hosts=HOSTS + "/below", timeout=10))
    seen = threading.Event()
    events = []
    client.exists("/a", watch=lambda event: (events.append(event.path), seen.set()))
    equal(client.create("/a", b"1"), "/a")
    happens(seen, "a watch below a chroot fires")
    equal((events, root.get("/below/a")[0]), (["/a"], b"1"))
    results = client.transaction()
    results.create("/b")
    equal(results.commit(), ["/b"])


@check
def words():
    client = connect()
    equal(client.command(b"ruok"), "imok")
    equal(client.server_version()[:2], (3, 9))


@check
def stats_of_creation():
    client = connect()
    path, stat = client.create("/created", b"four", include_data=True)
    equal((path, stat.version, stat.dataLength), ("/created", 0, 4))
    names, stat = client.get_children("/", include_data=True)
    equal(("created" in names, stat.numChildren), (True, len(names)))
    equal(client.sync("/created"), "/created")
    client.ensure_path("/created/by/steps")
    acls, stat = client.get_acls("/created")
    equal((acls[0].id.scheme, acls[0].perms, stat.aversion), ("world", 31, 0))
    equal(client.set_acls("/created", acls).aversion, 1)


@check
def failed_authentication():
    client = connect()
    raises(AuthFailedError, client.add_auth, "nonsense", "user:secret")


@check
def wrong_password():
    options = {"mechanism": "DIGEST-MD5", "username": "user", "password": "wrong"}
    client = KazooClient(hosts=HOSTS, timeout=10, sasl_options=options)
    lost = threading.Event()
    client.add_listener(lambda state: state == KazooState.LOST and lost.set())
    client.start_async()
    happens(lost, "a login with a wrong password fails")
    client.stop()
    client.close()


@check
def expiry():
    client, other = connect(), connect()
    client.create("/expiring", b"", ephemeral=True)
    session = client.client_id[0]
    lost, again = threading.Event(), threading.Event()

    def on_state(state):
        if state == KazooState.LOST:
            lost.set()
        if state == KazooState.CONNECTED and lost.is_set():
            again.set()

    client.add_listener(on_state)
    gone = threading.Event()
    other.exists("/expiring", watch=lambda event: gone.set())
    ask("expire 0x%x" % (session & 0xFFFFFFFFFFFFFFFF))
    happens(gone, "the ephemeral node of an expired session goes")
    happens(lost, "the client learns that its session expired")
    happens(again, "the client connects with a session of its own again")
    assert client.client_id[0] != session


@check
def failover():
    client, other = connect(), connect()
    client.create("/kept", b"", ephemeral=True)
    client.create("/counted", b"0")
    session = client.client_id
    address = client._connection._socket.getpeername()
    suspended, connected = threading.Event(), threading.Event()

    def on_state(state):
        if state == KazooState.SUSPENDED:
            suspended.set()
        if state == KazooState.CONNECTED and suspended.is_set():
            connected.set()

    client.add_listener(on_state)
    changed = threading.Event()

    # kazoo forgets its one-shot watches with the connection; its recipes set theirs again.
    @client.DataWatch("/counted")
    def on_data(data, stat):
        if data == b"1":
            changed.set()

    ask("kill-leader")
    happens(suspended, "the connection to the killed leader breaks")
    happens(connected, "the client reaches another peer")
    equal(client.client_id, session)
    assert client._connection._socket.getpeername() != address
    equal(client.exists("/kept").owner_session_id, session[0])
    other.retry(other.set, "/counted", b"1")
    happens(changed, "a data watch goes on at another peer")


if __name__ == "__main__":
    run()
