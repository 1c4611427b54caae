"""kazoo's recipes against an ensemble whose leader is killed in the middle: see ../program.ts for what is printed and read.

Before the first kill of a check all its clients are on the peer that the connect string names first; after it each may be on one
of its own, and what another has written is seen for sure behind a sync.

usage: recipes.py CONNECT_STRING
"""

import datetime
import threading

from kazoo.recipe.cache import TreeCache, TreeEvent
from kazoo.recipe.queue import LockingQueue
from kazoo.recipe.watchers import PatientChildrenWatch

from world import PATIENCE, check, connect, equal, expire, happens, in_background, kill_leader, patient, run


@check
def locks():
    first, second = connect(), connect()
    held = first.Lock("/lock", "first")
    wanted = second.Lock("/lock", "second")
    assert held.acquire(timeout=PATIENCE)
    assert not wanted.acquire(blocking=False)
    acquired = in_background(wanted.acquire, True, PATIENCE)
    queued = threading.Event()

    @first.ChildrenWatch("/lock")
    def on_contenders(names):
        if len(names) == 2:
            queued.set()

    happens(queued, "the second contender queues")
    equal((held.contenders(), wanted.is_acquired), (["first", "second"], False))
    held.release()
    equal((acquired(), wanted.contenders()), (True, ["second"]))
    wanted.release()


@check
def lock_under_kills():
    clients = [patient(), patient(), patient()]
    clients[0].create("/number", b"0")
    over, used = threading.Event(), threading.Event()
    inside = []

    def count(client):
        times = 0
        while not over.is_set():
            with client.Lock("/counted-lock"):
                inside.append(client)
                equal(inside, [client])
                number = int(client.retry(client.get, "/number")[0])
                client.retry(client.set, "/number", b"%d" % (number + 1))
                inside.pop()
            times += 1
            used.set()
        return times

    workers = [in_background(count, client) for client in clients]
    for _ in range(2):
        happens(used, "the lock is in use")
        kill_leader()
        used.clear()
    happens(used, "the lock is in use after the kills")
    over.set()
    times = sum(worker() for worker in workers)
    clients[0].sync("/number")
    equal(int(clients[0].get("/number")[0]), times)


@check
def read_and_write_locks():
    first, second = connect(), connect()
    reads = [first.ReadLock("/shared-lock"), second.ReadLock("/shared-lock")]
    write = second.WriteLock("/shared-lock")
    assert all(lock.acquire(timeout=PATIENCE) for lock in reads)
    assert not write.acquire(blocking=False)
    for lock in reads:
        lock.release()
    assert write.acquire(timeout=PATIENCE)
    assert not reads[0].acquire(blocking=False)
    write.release()


@check
def election():
    first, second = patient(), patient()
    leads, resigns, heir_leads = threading.Event(), threading.Event(), threading.Event()

    def lead():
        leads.set()
        happens(resigns, "the leader resigns")

    term = in_background(first.Election("/election", "first").run, lead)
    happens(leads, "the first candidate is elected")
    heir = second.Election("/election", "second")
    heirs_term = in_background(heir.run, heir_leads.set)
    kill_leader()
    assert not heir_leads.is_set(), "two lead"
    resigns.set()
    happens(heir_leads, "the second candidate takes over")
    term()
    heirs_term()


@check
def election_of_an_heir():
    first, second = patient(), patient()
    leads, heir_leads = threading.Event(), threading.Event()
    expired = threading.Event()
    in_background(first.Election("/inherited", "first").run, lambda: (leads.set(), happens(expired, "expiry")))
    happens(leads, "the first candidate is elected")
    term = in_background(second.Election("/inherited", "second").run, heir_leads.set)
    expire(first)
    happens(heir_leads, "the second candidate takes over from an expired session")
    expired.set()
    term()


@check
def barrier():
    owner, waiter = patient(), patient()
    barrier = owner.Barrier("/barrier")
    barrier.create()
    kill_leader()  # not later: a wait of kazoo's ends with its connection, and times out
    assert not waiter.Barrier("/barrier").wait(0)
    waiting = in_background(waiter.Barrier("/barrier").wait, PATIENCE)
    barrier.remove()
    assert waiting()


@check
def double_barrier():
    first, second = connect(), connect()
    barriers = [client.DoubleBarrier("/double", 2) for client in (first, second)]
    entered = in_background(barriers[0].enter)
    barriers[1].enter()
    entered()
    assert all(barrier.participating for barrier in barriers)
    left = in_background(barriers[0].leave)
    barriers[1].leave()
    left()
    equal(first.get_children("/double"), [])


@check
def counter():
    clients = [patient(), patient(), patient()]

    def add(client):
        counter = client.Counter("/counter")
        for _ in range(10):
            counter += 1

    for adding in [in_background(add, client) for client in clients]:
        adding()
    equal(clients[0].Counter("/counter").value, 30)
    shared = clients[0].Counter("/curators-counter", support_curator=True)
    shared -= 2
    equal((shared.pre_value, shared.post_value, clients[0].get("/curators-counter")[0]), (0, -2, b"\xff\xff\xff\xfe"))


@check
def queues():
    producer, consumer = patient(), patient()
    queue = producer.Queue("/queue")
    for number, priority in ((1, 100), (2, 100), (3, 10)):
        queue.put(b"%d" % number, priority)
    kill_leader()
    taker = consumer.Queue("/queue")
    consumer.sync("/queue")
    equal([taker.get(), taker.get(), taker.get(), taker.get()], [b"3", b"1", b"2", None])


@check
def locking_queue():
    producer, first, second = patient(), patient(), patient()
    LockingQueue(producer, "/locking").put_all([b"a", b"b"])
    taker, other = LockingQueue(first, "/locking"), LockingQueue(second, "/locking")
    equal((taker.get(timeout=PATIENCE), other.get(timeout=PATIENCE)), (b"a", b"b"))
    kill_leader()
    equal((taker.consume(), other.release()), (True, True))
    equal((taker.get(timeout=PATIENCE), taker.consume()), (b"b", True))
    second.sync("/locking")
    equal(len(other), 0)


@check
def party():
    first, second = patient(), patient()
    parties = [first.Party("/party", "first"), second.Party("/party", "second")]
    for member in parties:
        member.join()
    equal(sorted(parties[0]), ["first", "second"])
    kill_leader()
    equal(sorted(parties[0]), ["first", "second"])
    parties[1].leave()
    first.sync("/party")
    equal(list(parties[0]), ["first"])
    shallow = second.ShallowParty("/shallow", "second")
    shallow.join()
    equal(list(shallow), ["second"])


@check
def semaphore():
    first, second, third = patient(), patient(), patient()
    leases = [client.Semaphore("/leases", name, 2) for client, name in ((first, "a"), (second, "b"), (third, "c"))]
    assert leases[0].acquire(timeout=PATIENCE) and leases[1].acquire(timeout=PATIENCE)
    assert not leases[2].acquire(blocking=False)
    kill_leader()
    equal(sorted(leases[2].lease_holders()), ["a", "b"])
    acquired = in_background(leases[2].acquire, True, PATIENCE)
    leases[0].release()
    assert acquired()
    second.sync("/leases")
    equal(sorted(leases[1].lease_holders()), ["b", "c"])


@check
def data_watch():
    client, other = patient(), patient()
    seen, heard = [], threading.Condition()

    @client.DataWatch("/watched")
    def on_data(data, stat, event):
        with heard:
            seen.append((data, stat and stat.version, event and event.type))
            heard.notify_all()

    def hears(what):
        with heard:
            assert heard.wait_for(lambda: seen[-1:] == [what], PATIENCE), "%r is not heard: %r" % (what, seen)

    hears((None, None, None))
    other.create("/watched", b"1")
    hears((b"1", 0, "CREATED"))
    other.set("/watched", b"2")
    hears((b"2", 1, "CHANGED"))
    kill_leader()
    other.set("/watched", b"3")
    # kazoo looks again by itself when it is connected again, without an event: that may come first, and then is all it tells.
    with heard:
        told = [(b"3", 2, "CHANGED"), (b"3", 2, None)]
        assert heard.wait_for(lambda: seen[-1] in told, PATIENCE), "%r is not heard: %r" % (told, seen)
    other.delete("/watched")
    hears((None, None, "DELETED"))


@check
def children_watches():
    client, other = patient(), patient()
    client.create("/family")
    seen, heard = [], threading.Condition()

    @client.ChildrenWatch("/family")
    def on_children(names):
        with heard:
            seen.append(sorted(names))
            heard.notify_all()

    def hears(names):
        with heard:
            assert heard.wait_for(lambda: seen[-1:] == [names], PATIENCE), "%r is not heard: %r" % (names, seen)

    hears([])
    other.create("/family/a")
    hears(["a"])
    kill_leader()
    other.create("/family/b")
    hears(["a", "b"])
    patience = PatientChildrenWatch(client, "/family", time_boundary=0.01)
    names, change = patience.start().get(timeout=PATIENCE)
    equal(sorted(names), ["a", "b"])
    other.delete("/family/a")
    change.get(timeout=PATIENCE)


@check
def tree_cache():
    client, other = patient(), patient()
    other.create("/tree/a/b", b"1", makepath=True)
    ready, grown = threading.Event(), threading.Event()
    new, heard = {"/tree/a/b": b"2", "/tree/a/c": b"3", "/tree/last": b"4"}, {}
    cache = TreeCache(client, "/tree")

    def on_event(event):
        if event.event_type == TreeEvent.INITIALIZED:
            ready.set()
        if event.event_type in (TreeEvent.NODE_ADDED, TreeEvent.NODE_UPDATED):
            heard[event.event_data.path] = event.event_data.data
        if new.items() <= heard.items():
            grown.set()

    cache.listen(on_event)
    cache.start()
    happens(ready, "the cache is filled")
    kill_leader()
    other.set("/tree/a/b", b"2")
    other.create("/tree/a/c", b"3")
    other.create("/tree/last", b"4")
    happens(grown, "the cache hears of what is new")
    kill_leader()
    refilled = threading.Event()
    cache.listen(lambda event: event.event_type == TreeEvent.NODE_REMOVED and refilled.set())
    other.delete("/tree/last")
    happens(refilled, "the cache hears of what is gone")
    equal((cache.get_data("/tree/a/b").data, sorted(cache.get_children("/tree/a"))), (b"2", ["b", "c"]))
    equal(cache.get_data("/tree/last"), None)
    cache.close()


@check
def lease():
    first, second = connect(), connect()
    week = datetime.timedelta(weeks=1)
    assert first.NonBlockingLease("/lease", week, identifier="first")
    assert not second.NonBlockingLease("/lease", week, identifier="second")
    assert second.MultiNonBlockingLease(2, "/leases-of-two", week, identifier="second")


@check
def partitions():
    clients = {"first": patient(), "second": patient()}
    shares, shared = {}, threading.Event()

    def take_part(name):
        limits = {"time_boundary": 0.2, "max_reaction_time": 1}
        part = clients[name].SetPartitioner("/partitions", ("a", "b", "c"), identifier=name, **limits)
        while not shared.wait(0.01):  # acquired once alone, then once more when the other joins
            assert not part.failed
            if part.release:
                part.release_set()
            elif part.acquired:
                shares[name] = list(part)
                if sorted(map(len, shares.values())) == [1, 2]:
                    shared.set()
            else:
                part.wait_for_acquire(PATIENCE)
        part.finish()

    for taking_part in [in_background(take_part, name) for name in clients]:
        taking_part()
    equal(sorted(sum(shares.values(), [])), ["a", "b", "c"])


if __name__ == "__main__":
    run()
