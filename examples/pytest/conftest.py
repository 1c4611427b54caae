"""Real ZooKeeper for tests with kazoo: an ensemble that the command line starts, and that its control API breaks."""

import json
import subprocess
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from kazoo.client import KazooClient


class Ensemble:
    """Three peers in a process of their own, which ends when this one does, however that is."""

    def __init__(self):
        command = ["npx", "zookeeper-memory-server", "--json", "--control", "--exit-with-parent"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(command)} ended with {self._process.wait()}")
        ready = json.loads(line)
        self.connect_string = ready["connectString"]
        self._url = ready["controlUrl"]
        self._headers = {
            "Authorization": f"Bearer {ready['token']}",
            "Content-Type": "application/json",
        }

    def call(self, verb, **arguments):
        """Any verb of docs/control.md, for example call("ensemble/isolate", target=1, direction="in")."""
        body = json.dumps(arguments).encode()
        try:
            with urlopen(Request(f"{self._url}/v1/{verb}", body, self._headers)) as response:
                answer = response.read()
        except HTTPError as error:
            raise RuntimeError(json.load(error)["error"]["message"]) from error
        return json.loads(answer) if answer else None

    def close(self):
        self._process.stdin.close()
        self._process.wait()


@pytest.fixture(scope="session")
def shared_ensemble():
    """One for the whole run, in which each test has a namespace."""
    ensemble = Ensemble()
    yield ensemble
    ensemble.close()


@pytest.fixture
def namespace(shared_ensemble):
    """A chroot of the test's own: its name, path and connectString. It is deleted with all that is in it."""
    namespace = shared_ensemble.call("ensemble/namespace")
    yield namespace
    shared_ensemble.call(f"namespaces/{namespace['name']}/close")


@pytest.fixture
def connect():
    """Opens a client, as often as it is called; all are closed when the test is over."""
    clients = []

    def open_client(connect_string):
        client = KazooClient(connect_string)
        clients.append(client)
        client.start()
        return client

    yield open_client
    for client in clients:
        client.stop()
        client.close()


@pytest.fixture
def ensemble():
    """One to break, of the test's own."""
    ensemble = Ensemble()
    yield ensemble
    ensemble.close()
