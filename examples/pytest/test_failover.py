"""Tests that break an ensemble of their own, through its control API."""

from threading import Event

from kazoo.client import KazooState


def test_writing_goes_on_when_the_leader_dies(ensemble, connect):
    client = connect(ensemble.connect_string)
    client.create("/before", b"one")
    session = client.client_id

    change = ensemble.call("ensemble/killLeader")
    assert change["killed"]["id"] != change["leader"]["id"]

    client.retry(client.create, "/after", b"two")
    assert ensemble.call("ensemble/dump") == {"after": "two", "before": "one"}
    assert client.client_id == session

    # The same ensemble, whole again: who holds a lock loses it with its session, and the next one has it.
    ensemble.call("ensemble/start")
    other = connect(ensemble.connect_string)
    mine, theirs = client.Lock("/lock"), other.Lock("/lock")
    mine.acquire()
    assert not theirs.acquire(blocking=False)

    lost = Event()
    client.add_listener(lambda state: lost.set() if state == KazooState.LOST else None)
    ensemble.call("sessions/expire", match=f"/lock/{mine.node}")
    assert lost.wait(timeout=10)
    assert theirs.acquire(timeout=10)
