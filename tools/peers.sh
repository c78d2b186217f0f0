#!/bin/sh
# Fetches the programs that the tests compare edgectl with and that Debian 12 does not have, into build/peers:
# docker-compose, the plugin, and a Docker engine that has the containerd store (engine/), both of Debian 13. Nothing is installed,
# and no root is needed.
#
#   tools/peers.sh
#
# From the Debian mirror of this machine, by an apt with lists of its own; does nothing when all is there.
set -eu
cd "$(dirname "$0")/.."
suite=trixie peers=$PWD/build/peers

if [ -x "$peers/docker-compose" ] && [ -d "$peers/engine" ]; then
	echo "peers: all there"
	exit 0
fi

# Where this machine has its own suite from.
# shellcheck disable=SC1091
own_suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
# shellcheck disable=SC2016 # the names are apt's
mirror=$(apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)' |
	sed -n "s/^Packages $own_suite main //p" | head -n 1)
if [ -z "$mirror" ]; then
	echo "peers.sh: no mirror of Debian in the sources of apt" >&2
	exit 1
fi

mkdir -p "$peers"
work=$(mktemp -d "$peers/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg target=Packages] $mirror $suite main" \
	>"$work/sources.list"
: >"$work/status"

apt() {
	apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$work/state" -o Dir::State::Status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

echo "peers: fetching docker-compose and docker.io of Debian $suite..."
apt update
cd "$work"
apt download docker-compose docker.io docker-cli containerd
dpkg-deb --fsys-tarfile ./docker-compose_*.deb |
	tar -x -O ./usr/libexec/docker/cli-plugins/docker-compose >docker-compose
chmod 755 docker-compose
./docker-compose version
mv docker-compose "$peers/docker-compose"

# Its runc wants a newer libc than Debian 12 has; that of Debian 12 serves.
mkdir engine unpacked
for package in docker.io docker-cli containerd; do
	dpkg-deb --extract ./"$package"_*.deb unpacked
done
for program in sbin/dockerd sbin/docker-proxy bin/docker-init bin/docker bin/containerd bin/containerd-shim-runc-v2; do
	mv "unpacked/usr/$program" engine/
done
engine/dockerd --version
rm -rf "$peers/engine"
mv engine "$peers/engine"
