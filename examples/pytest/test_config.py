"""Tests that share an ensemble, each in a namespace of its own."""

from threading import Event

import pytest


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_finds_its_own_colour_and_nobody_elses(shared_ensemble, namespace, connect, colour):
    client = connect(namespace["connectString"])
    client.create("/config", colour.encode())
    dump = shared_ensemble.call(f"namespaces/{namespace['name']}/dump")
    assert dump == {"config": colour}


def test_a_change_reaches_whoever_watches(shared_ensemble, namespace, connect):
    shared_ensemble.call(f"namespaces/{namespace['name']}/seedTree", tree={"config": "red"})
    reader, writer = connect(namespace["connectString"]), connect(namespace["connectString"])
    seen, is_blue = [], Event()

    @reader.DataWatch("/config")
    def changed(data, _stat):
        seen.append(data)
        if data == b"blue":
            is_blue.set()

    writer.set("/config", b"blue")
    assert is_blue.wait(timeout=10)
    assert seen == [b"red", b"blue"]
