"""Sockets inside a network namespace, driven by JSON lines on standard input; one answer a line on standard output.

A test peer: it listens where it is told to, tells every caller what it sees of the connection, and dials as any user.
Node cannot set IP_TRANSPARENT, read SO_ORIGINAL_DST or change the user of one socket. Every socket has a time limit, and
the process ends with its input.
"""
import json
import os
import select
import socket
import struct
import sys
import threading

SO_ORIGINAL_DST = 80
IP_TRANSPARENT, IPV6_TRANSPARENT = 19, 75
SO_MARK = 36
TIME_LIMIT = float(os.environ.get("PEER_TIME_LIMIT", "1.0"))
label = sys.argv[1]
lock = threading.Lock()


def family_of(v):
    return socket.AF_INET6 if v == 6 else socket.AF_INET


def original(conn, v):
    try:
        if v == 6:
            raw = conn.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
            return [socket.inet_ntop(socket.AF_INET6, raw[8:24]), struct.unpack("!H", raw[2:4])[0]]
        raw = conn.getsockopt(socket.IPPROTO_IP, SO_ORIGINAL_DST, 16)
        return [socket.inet_ntoa(raw[4:8]), struct.unpack("!H", raw[2:4])[0]]
    except OSError:
        return None


def tcp_loop(sockets):
    poller = select.epoll()
    by_fd = {}
    for sock, v, port in sockets:
        poller.register(sock.fileno(), select.EPOLLIN)
        by_fd[sock.fileno()] = (sock, v, port)
    while True:
        for fd, _ in poller.poll():
            sock, v, port = by_fd[fd]
            try:
                conn, peer = sock.accept()
            except OSError:
                continue
            local = conn.getsockname()
            seen = {"label": label, "port": port, "local": [local[0], local[1]], "original": original(conn, v), "peer": peer[0]}
            try:
                conn.sendall((json.dumps(seen) + "\n").encode())
            except OSError:
                pass
            conn.close()


def udp_loop(sockets):
    poller = select.epoll()
    by_fd = {}
    for sock, port, address in sockets:
        poller.register(sock.fileno(), select.EPOLLIN)
        by_fd[sock.fileno()] = (sock, port, address)
    while True:
        for fd, _ in poller.poll():
            sock, port, address = by_fd[fd]
            try:
                _, peer = sock.recvfrom(512)
                sock.sendto(json.dumps({"label": label, "port": port, "local": [address, port], "peer": peer[0]}).encode(), peer)
            except OSError:
                pass


def listen(request):
    """tcp: [family, port, transparent]; udp: [family, address, port]"""
    as_user(request.get("uid", 0), request.get("gid", 0))
    try:
        tcp = []
        for v, port, transparent in request.get("tcp", []):
            sock = socket.socket(family_of(v), socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.append((sock, v, port, transparent))
        udp = []
        for v, address, port in request.get("udp", []):
            udp.append((socket.socket(family_of(v), socket.SOCK_DGRAM), v, address, port))
    finally:
        as_root()
    for sock, v, port, transparent in tcp:
        if v == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if transparent:
            make_transparent(sock, v)
        sock.bind(("::" if v == 6 else "0.0.0.0", port))
        sock.listen(64)
    for sock, v, address, port in udp:
        if v == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
    if tcp:
        threading.Thread(target=tcp_loop, args=([(s, v, p) for s, v, p, _ in tcp],), daemon=True).start()
    if udp:
        threading.Thread(target=udp_loop, args=([(s, p, a) for s, _, a, p in udp],), daemon=True).start()
    return {"ok": True}


def make_transparent(sock, v):
    if v == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)


def as_user(uid, gid):
    # A socket belongs to the effective user of the moment at which it is made.
    os.setegid(gid)
    os.seteuid(uid)


def as_root():
    os.seteuid(0)
    os.setegid(0)


def dial(request):
    """protocol, family, to: [address, port], uid, gid, and optionally source, mark, transparent."""
    v = request["family"]
    tcp = request["protocol"] == "tcp"
    as_user(request["uid"], request["gid"])
    try:
        sock = socket.socket(family_of(v), socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    finally:
        as_root()
    sock.settimeout(TIME_LIMIT)
    try:
        if request.get("mark"):
            sock.setsockopt(socket.SOL_SOCKET, SO_MARK, request["mark"])
        if request.get("transparent"):
            make_transparent(sock, v)
        if request.get("source"):
            sock.bind((request["source"], 0))
        sock.connect((request["to"][0], request["to"][1]))
        if tcp:
            line = sock.makefile().readline()
        else:
            sock.send(b"q")
            line = sock.recv(512).decode()
        return json.loads(line) if line.strip() else {"error": "EOF"}
    except Exception as error:  # the kind of failure is the answer
        return {"error": type(error).__name__}
    finally:
        sock.close()


def raw_tcp(request):
    """One TCP segment with any flags, IPv4: for what connection tracking calls invalid. Nothing is answered."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    sock.bind((request["source"], 0))
    head = struct.pack("!HHIIBBHHH", 40000, request["to"][1], 1, 0, 5 << 4, request["flags"], 1024, 0, 0)
    pseudo = socket.inet_aton(request["source"]) + socket.inet_aton(request["to"][0]) + struct.pack("!BBH", 0, 6, len(head))
    total = sum(struct.unpack("!%dH" % (len(pseudo + head) // 2), pseudo + head))
    total = (total >> 16) + (total & 0xFFFF)
    head = head[:16] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[18:]
    sock.sendto(head, (request["to"][0], 0))
    sock.close()
    return {"ok": True}


HANDLERS = {"listen": listen, "dial": dial, "raw-tcp": raw_tcp}

for text in sys.stdin:
    wanted = json.loads(text)
    try:
        answer = HANDLERS[wanted["do"]](wanted)
    except Exception as error:
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
