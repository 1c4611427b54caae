"""What kazoo's checks work with: clients, the ensemble's owner at the other end of the standard streams, and waits for events."""

import sys
import threading
import traceback

from kazoo.client import KazooClient, KazooState

HOSTS = sys.argv[1]
PATIENCE = 15  # seconds; every wait is for an event
CHECKS = []
CLIENTS = []


def check(function):
    CHECKS.append(function)
    return function


def connect(**options):
    return connected(KazooClient(hosts=HOSTS, randomize_hosts=False, **dict({"timeout": 10}, **options)))


def connected(client):
    """Starts a client, which is stopped at the check's end."""
    CLIENTS.append(client)
    client.start(timeout=PATIENCE)
    return client


def patient():
    """A client whose commands outlast an election."""
    return connect(
        connection_retry={"max_tries": -1, "delay": 0.02, "max_delay": 0.2},
        command_retry={"max_tries": -1, "delay": 0.02, "max_delay": 0.2},
    )


def ask(wish):
    print("please " + wish, flush=True)
    answer = sys.stdin.readline().strip()
    assert answer == "done", answer


def kill_leader():
    """Kills the leader and starts it again; every client of the check has been cut off and is back before it returns."""
    waits = [reconnect_of(client) for client in CLIENTS]
    ask("kill-leader")
    for wait in waits:
        happens(wait, "a client is back after the leader's end")
    ask("start-killed")


def reconnect_of(client):
    lost, back = threading.Event(), threading.Event()

    def on_state(state):
        if state == KazooState.SUSPENDED:
            lost.set()
        if state == KazooState.CONNECTED and lost.is_set():
            back.set()
            return True  # no more of this
        return False

    client.add_listener(on_state)
    return back


def expire(client):
    ask("expire 0x%x" % (client.client_id[0] & 0xFFFFFFFFFFFFFFFF))


def in_background(function, *args):
    """Runs it in a thread; the function returned waits for its end and gives what it returned."""
    outcome = []

    def body():
        try:
            outcome.append((function(*args), None))
        except Exception as error:  # raised where it is waited for
            outcome.append((None, error))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()

    def result():
        thread.join(PATIENCE)
        assert outcome, "not within %d s: the end of %s" % (PATIENCE, function.__name__)
        value, error = outcome[0]
        if error is not None:
            raise error
        return value

    return result


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


def run():
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
