"""A cable between two programs that can be pulled: forwards TCP connections from a port of its own."""

import selectors
import socket
import threading

CHUNK = 1 << 16


class Forwarder:
    """While it is cut nothing passes and nothing is closed: both ends wait, as they would for a machine
    that does not answer. New connections are accepted by the kernel and get no word either."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.is_cut = threading.Event()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self):
        self.is_cut.set()

    def heal(self):
        """What was sent meanwhile arrives now."""
        self.is_cut.clear()

    def close(self):
        self.is_over.set()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def _run(self):
        while not self.is_over.is_set():
            if self.is_cut.is_set():
                self.is_over.wait(0.01)
                continue
            for key, _ in self.selector.select(0.05):
                if key.data is None:
                    self._accept()
                else:
                    self._pass(key.fileobj, key.data)

    def _accept(self):
        here, _ = self.listener.accept()
        try:
            there = socket.create_connection(("127.0.0.1", self.target_port))
        except OSError:
            here.close()
            return
        for one, other in ((here, there), (there, here)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(one, selectors.EVENT_READ, other)

    def _pass(self, source, sink):
        try:
            data = source.recv(CHUNK)
            if data:
                sink.sendall(data)
                return
        except OSError:
            pass
        for end in (source, sink):
            try:
                self.selector.unregister(end)
            except (KeyError, ValueError):  # It was closed with another pair already.
                continue
            end.close()
