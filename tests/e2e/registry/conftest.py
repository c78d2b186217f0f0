import pytest

from scripted import Scripted


@pytest.fixture
def scripted(tmp_path):
    servers = []

    def start(*options):
        servers.append(Scripted(tmp_path / f"requests-{len(servers)}", *options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
