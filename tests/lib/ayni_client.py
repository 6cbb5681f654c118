"""gRPC clients without generated code: descriptors come from protoc, or from the server itself by
reflection, and messages are dictionaries on the way in."""

import pathlib
import subprocess
import threading
import time
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def descriptors_of_the_repository(folder):
    """The descriptor set of all of proto/, made by protoc in `folder`."""
    output = pathlib.Path(folder) / "ayni.descriptors"
    protos = REPOSITORY / "proto"
    subprocess.run(["protoc", f"--proto_path={protos}", "--include_imports",
                    f"--descriptor_set_out={output}",
                    *(str(path) for path in sorted(protos.rglob("*.proto")))], check=True)
    return descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes()).file


class Messages:
    """Message classes made at run time from file descriptors."""

    def __init__(self, files):
        self.pool = descriptor_pool.DescriptorPool()
        self.factory = message_factory.MessageFactory(self.pool)
        by_name, added = {file.name: file for file in files}, set()

        def add(name):
            if name in added:
                return
            added.add(name)
            for dependency in by_name[name].dependency:
                add(dependency)
            self.pool.Add(by_name[name])

        for name in by_name:
            add(name)

    def make(self, full_name, fields=None):
        kind = self.factory.GetPrototype(self.pool.FindMessageTypeByName(full_name))
        return json_format.ParseDict(fields or {}, kind())

    def kind(self, descriptor):
        return self.factory.GetPrototype(descriptor)


class Refused(Exception):
    """A gRPC error with its details unpacked."""

    def __init__(self, code, message, reason, fields, iso_reason, retry_after_ms):
        super().__init__(f"{code} {reason} {fields} {message}")
        self.code, self.message, self.reason = code, message, reason
        self.fields, self.iso_reason, self.retry_after_ms = fields, iso_reason, retry_after_ms


class Client:
    """Calls "ayni.v1.TransferService/GetTransfer" with a dictionary. Any thread."""

    def __init__(self, messages, endpoint, tls=None, identity=None):
        """`tls`: (ca, certificate, key) paths. `identity`: for a server without TLS."""
        self.messages = messages
        self.metadata = [("x-ayni-identity", identity)] if identity else None
        options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
        if tls:
            ca, certificate, key = (pathlib.Path(path).read_bytes() for path in tls)
            self.channel = grpc.secure_channel(
                endpoint, grpc.ssl_channel_credentials(ca, key, certificate), options)
        else:
            self.channel = grpc.insecure_channel(endpoint, options)
        self.callables = {}
        self.lock = threading.Lock()

    def close(self):
        self.channel.close()

    def _callable(self, name):
        with self.lock:
            if name not in self.callables:
                service, method = name.split("/")
                found = self.messages.pool.FindServiceByName(service).FindMethodByName(method)
                shape = ("stream" if found.client_streaming else "unary") + (
                    "_stream" if found.server_streaming else "_unary")
                response = self.messages.kind(found.output_type)
                self.callables[name] = (found.input_type, getattr(self.channel, shape)(
                    f"/{name}", request_serializer=lambda message: message.SerializeToString(),
                    response_deserializer=response.FromString))
            return self.callables[name]

    def request(self, name, fields):
        return json_format.ParseDict(fields, self.messages.kind(self._callable(name)[0])())

    def call(self, name, fields=None, timeout=30.0, waits=False):
        """One unary call. Raises Refused, at once when there is no connection unless it `waits`."""
        request = fields if hasattr(fields, "SerializeToString") else self.request(name, fields or {})
        try:
            return self._callable(name)[1](request, timeout=timeout, metadata=self.metadata,
                                           wait_for_ready=waits or None)
        except grpc.RpcError as error:
            raise self.refused(error) from error

    def patient_call(self, name, fields=None, seconds=60.0):
        """Repeats a call that was refused for load, or because the switch is away, as told to. It
        waits for the connection: gRPC's Python only works on one while there is a call."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.call(name, fields, waits=True)
            except Refused as refused:
                # "Stream removed" is how gRPC's Python says that a connection broke under a call.
                away = (refused.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
                        or (refused.code, refused.message) == ("UNKNOWN", "Stream removed"))
                overloaded = refused.code == "RESOURCE_EXHAUSTED" and refused.retry_after_ms
                if not (away or overloaded) or time.monotonic() > deadline:
                    raise
                time.sleep(max(refused.retry_after_ms, 20) / 1000)

    def stream(self, name, requests, timeout=None, waits=False):
        """A bidirectional stream of dictionaries; yields responses."""
        made = (self.request(name, fields) for fields in requests)
        try:
            yield from self._callable(name)[1](made, timeout=timeout, metadata=self.metadata,
                                               wait_for_ready=waits or None)
        except grpc.RpcError as error:
            raise self.refused(error) from error

    def refused(self, error):
        reason, iso_reason, fields, retry_after_ms = "", "", [], 0
        for key, value in error.trailing_metadata() or ():
            if key != "grpc-status-details-bin":
                continue
            status = self.messages.make("google.rpc.Status")
            status.ParseFromString(value)
            for packed in status.details:
                detail = self.messages.make(packed.TypeName())
                packed.Unpack(detail)
                if packed.TypeName() == "google.rpc.ErrorInfo":
                    reason, iso_reason = detail.reason, detail.metadata.get("iso_reason", "")
                elif packed.TypeName() == "google.rpc.BadRequest":
                    fields = [violation.field for violation in detail.field_violations]
                elif packed.TypeName() == "google.rpc.RetryInfo":
                    retry_after_ms = detail.retry_delay.ToMilliseconds()
        return Refused(error.code().name, error.details(), reason, fields, iso_reason, retry_after_ms)


def new_id(milliseconds=None):
    """A UUIDv7: the sender's key of a payment."""
    now = int(time.time() * 1000) if milliseconds is None else milliseconds
    chance = uuid.uuid4().int
    value = (now << 80) | (7 << 76) | (((chance >> 64) & 0xFFF) << 64) | (2 << 62) | (
        chance & ((1 << 62) - 1))
    return str(uuid.UUID(int=value))
