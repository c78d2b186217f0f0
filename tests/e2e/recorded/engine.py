#!/usr/bin/python3
"""The recorded Engine API: one process that stands for thousands of boards.

    engine.py --boards N [--port P] [--architecture ARCH] [--healthy-after S] [--faults JSON]

No container runs and no layer is unpacked. What it answers has the form of what a real dockerd answered (engine.json,
which ../test_recorded_engine.py records, and compares with a real one); what a board keeps is its own: images, containers with
their states, networks, volumes. An image that a board pulls is looked up in the real registry, once for all boards of an
architecture; one that is sent to it is read as an engine reads it, known layers left out.

Board 1 listens on 127.64.0.1, board 2 on 127.64.0.2 and so on, all on one port. It prints "listening PORT CONTROL" once they do.
On 127.0.0.1:CONTROL tests look at them and change them:

    GET /totals               {"requests", "pulls", "loads", "most_connections"}
    GET /boards, /boards/N    {"address", "containers": {NAME: {"state", "image", "service", "restarts"}}, "images": [...], "requests", ...}
    PUT /boards/N/faults      replaces the faults of a board

The faults of a board, by its number (or "all"):

    offline       nobody listens
    slow          every answer comes so many seconds later
    full          no image finds room
    unreachable   it does not reach the registry: images must be sent
    architecture  another processor: arm64, arm, amd64
    drops         so many pulls break off in the middle, with the connection
    dies          containers end so many seconds after their start, with status 1
    ends          the same, with status 0: no fault where it has done its work
    unhealthy     healthchecks fail
    with          the last three only for containers whose creation has this text in it (an image's digest, a variable)
"""
import argparse
import asyncio
import json
import resource
import signal
import socket

from board import Board, address_of
from calls import CALLS, MACHINES
from http_connection import HttpConnection
from images import EngineError, Registries


class Fleet:
    def __init__(self, args):
        self.port, self.architecture, self.healthy_after = args.port, args.architecture, args.healthy_after
        self.registries = Registries()
        self.boards = [Board(self, number + 1) for number in range(args.boards)]
        self.connections = self.most_connections = 0
        for key, faults in json.loads(args.faults).items():
            for board in self.boards if key == "all" else [self.boards[int(key) - 1]]:
                board.faults |= faults

    def count(self, change):
        self.connections += change
        self.most_connections = max(self.connections, self.most_connections)

    def totals(self):
        return {"most_connections": self.most_connections,
                **{key: sum(getattr(x, key) for x in self.boards) for key in ("requests", "pulls", "loads")}}

    async def serve(self, board, exchange):
        board.requests += 1
        if "slow" in board.faults:
            await asyncio.sleep(board.faults["slow"])
        for method, pattern, call in CALLS:
            found = pattern.fullmatch(exchange.path) if method == exchange.method else None
            if not found:
                continue
            exchange.name = found[1] if found.groups() else ""
            try:
                answer = await call(board, exchange)
            except EngineError as problem:
                answer = problem.status, {"message": str(problem)}
            if answer:
                exchange.send_json(*answer)
            return
        exchange.send_json(501, {"message": f"the recorded engine does not know {exchange.method} {exchange.path}"})

    async def bring_up(self, board):
        """Listening, unless it is offline."""
        if "offline" in board.faults and board.server:
            board.server.close()
            board.server = None
        elif "offline" not in board.faults and not board.server:
            loop = asyncio.get_running_loop()
            board.server = await loop.create_server(lambda: HttpConnection(lambda x: self.serve(board, x), self.count),
                                                    address_of(board.number), self.port, backlog=16)

    async def control(self, exchange):
        words = exchange.path.strip("/").split("/")
        board = self.boards[int(words[1]) - 1] if len(words) > 1 else None
        if words == ["totals"]:
            exchange.send_json(200, self.totals())
        elif words == ["boards"]:
            exchange.send_json(200, [x.summary() for x in self.boards])
        elif exchange.method == "PUT":
            board.faults = json.loads(exchange.body)
            await self.bring_up(board)
            exchange.send_json(200, board.summary())
        else:
            exchange.send_json(200, board.summary())

    async def run(self):
        loop = asyncio.get_running_loop()
        control = await loop.create_server(lambda: HttpConnection(self.control), "127.0.0.1", 0)
        for board in self.boards:
            await self.bring_up(board)
        print("listening", self.port, control.sockets[0].getsockname()[1], flush=True)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()


def free_port():
    """One that no board's address has in use: the first one's stands for all."""
    with socket.socket() as any_socket:
        any_socket.bind((address_of(1), 0))
        return any_socket.getsockname()[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--boards", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--architecture", choices=MACHINES, default="arm64")
    parser.add_argument("--healthy-after", type=float, default=0.2)
    parser.add_argument("--faults", default="{}")
    args = parser.parse_args()
    args.port = args.port or free_port()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    asyncio.run(Fleet(args).run())


if __name__ == "__main__":
    main()
