"""A page without a browser: it asks a lab by its WebSocket."""

import json
from contextlib import contextmanager

from websockets.sync.client import connect


class Client:
    """Reads what it is waiting for, and draws every frame at once."""

    def __init__(self, socket):
        self.socket, self.last = socket, 0
        self.greeting = self.until("session")
        self.name = self.greeting["name"]
        self.facts = self.until("settings")

    def read(self):
        return json.loads(self.socket.recv(timeout=20))

    def until(self, kind):
        while (message := self.read())["is"] != kind:
            pass
        return message

    def send(self, message):
        self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    def ask(self, command, **given):
        """The reply to a command."""
        self.last += 1
        self.send({"do": command, "id": self.last, **given})
        while (message := self.read()).get("id") != self.last:
            pass
        return message

    def frame(self):
        """The next frame."""
        self.send({"do": "ready"})
        return self.until("frame")


@contextmanager
def client(server, token, session="", **more):
    """A page's connection."""
    address = f"ws://127.0.0.1:{server.port}/{token}/socket?session={session}"
    with connect(address, proxy=None, max_size=None, **more) as socket:
        yield Client(socket)
