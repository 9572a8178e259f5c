"""Speaks to Djembe's bus from Python (ARCHITECTURE, "The bus"): Bus(keys, address, service).ask(method, body).

From a shell: bus_client.py KEYS ADDRESS SERVICE METHOD [JSON]
"""
import json, os, sys, zmq, zmq.auth, msgpack


class Refused(Exception):
    """A reply whose status is not ok: .status, .field and the sentence."""

    def __init__(self, status, body):
        super().__init__(body.get("error", ""))
        self.status, self.field = status, body.get("field")


class Bus:
    def __init__(self, keys, address, service, as_service="admin"):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger, self.last = 0, 0
        public, secret = zmq.auth.load_certificate(os.path.join(keys, as_service + ".key_secret"))
        self.socket.curve_publickey, self.socket.curve_secretkey = public, secret
        self.socket.curve_serverkey, _ = zmq.auth.load_certificate(os.path.join(keys, service + ".key"))
        self.socket.connect(address)

    def ask(self, method, body=None, actor=0, seconds=20):
        self.last += 1
        header = [1, self.last, method, int(seconds * 1000), actor, os.urandom(8).hex()]
        self.socket.send_multipart([msgpack.packb(header), msgpack.packb(body or {})])
        while self.socket.poll(seconds * 1000):
            header, reply = (msgpack.unpackb(frame) for frame in self.socket.recv_multipart())
            if header[1] == self.last:  # others are late answers, or a replica's goodbye
                if header[2] != "ok":
                    raise Refused(header[2], reply)
                return reply
        raise TimeoutError(f"{method}: no answer in {seconds} s")

    def close(self):
        self.socket.close()


if __name__ == "__main__":
    keys, address, service, method, body = (sys.argv[1:] + ["{}"])[:5]
    print(json.dumps(Bus(keys, address, service).ask(method, json.loads(body)), default=bytes.hex))
