"""Ports of this machine for what a test starts. Used by the tests here that start servers."""
import socket


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
