"""kazoo's own habits against an ensemble: see program.ts for what is printed and read.

usage: kazoo_checks.py CONNECT_STRING
"""

import sys
import threading
import traceback

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.recipe.queue import LockingQueue
from kazoo.security import make_acl, make_digest_acl

HOSTS = sys.argv[1]
PATIENCE = 15  # seconds; every wait is for an event
CHECKS = []
CLIENTS = []


def check(function):
    CHECKS.append(function)
    return function


def connect(**options):
    client = KazooClient(hosts=HOSTS, randomize_hosts=False, timeout=10, **options)
    CLIENTS.append(client)
    client.start(timeout=PATIENCE)
    return client


def ask(wish):
    print("please " + wish, flush=True)
    answer = sys.stdin.readline().strip()
    assert answer == "done", answer


def equal(actual, expected):
    assert actual == expected, "%r instead of %r" % (actual, expected)


def raises(kind, function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except kind:
        return
    raise AssertionError("%r instead of %s" % (result, kind.__name__))


def happens(event, what):
    assert event.wait(PATIENCE), "not within %d s: %s" % (PATIENCE, what)


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
def locks():
    first, second = connect(), connect()
    held = first.Lock("/lock", "first")
    wanted = second.Lock("/lock", "second")
    assert held.acquire(timeout=PATIENCE)
    assert not wanted.acquire(blocking=False)
    order = []
    waiting = threading.Thread(target=lambda: order.append(wanted.acquire(timeout=PATIENCE)))
    waiting.start()
    queued = threading.Event()

    @first.ChildrenWatch("/lock")
    def on_contenders(names):
        if len(names) == 2:
            queued.set()

    happens(queued, "the second contender queues")
    equal((held.contenders(), order), (["first", "second"], []))
    held.release()
    waiting.join(PATIENCE)
    equal((order, wanted.contenders()), ([True], ["second"]))
    wanted.release()


@check
def recipes():
    client, other = connect(), connect()
    counter = client.Counter("/counter")
    counter += 2
    counter += 3
    equal(other.Counter("/counter").value, 5)
    queue = LockingQueue(client, "/queue")
    queue.put_all([b"a", b"b"])
    taker = LockingQueue(other, "/queue")
    equal((taker.get(timeout=PATIENCE), taker.consume()), (b"a", True))
    with client.Semaphore("/semaphore", max_leases=1):
        assert not other.Semaphore("/semaphore", max_leases=1).acquire(blocking=False)
    barrier = client.Barrier("/barrier")
    barrier.create()
    barrier.remove()
    assert other.Barrier("/barrier").wait(PATIENCE)
    leads = threading.Event()
    election = client.Election("/election", "client")
    election.run(leads.set)
    happens(leads, "the only candidate is elected")


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


def main():
    for function in CHECKS:
        try:
            function()
            print("ok " + function.__name__, flush=True)
        except Exception as error:
            traceback.print_exc()
            reason = str(error).replace("\n", " ")
            print("failed %s: %s %s" % (function.__name__, type(error).__name__, reason), flush=True)
        for client in CLIENTS:
            client.stop()
            client.close()
        CLIENTS.clear()


main()
