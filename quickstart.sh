#!/bin/sh
# From nothing to a program for two kinds of ARM board: installs what is missing, compiles edgectl, builds examples/hello for
# both, pushes it to a registry on loopback, pulls it back and runs it. On Debian 12, as root or as a user who can sudo.
set -eu
cd "$(dirname "$0")"
export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
platforms="linux/arm/v7 linux/arm64"

step() {
	printf '\n== %s\n' "$*"
}

# Shows the command, then runs it.
show() {
	echo "\$ $*"
	"$@"
}

scratch=$(mktemp -d)
registry_pid=
finish() {
	status=$?
	[ -z "$registry_pid" ] || kill "$registry_pid" 2>/dev/null || true
	rm -rf "$scratch"
	[ "$status" -eq 0 ] || echo "quickstart.sh: failed, see above" >&2
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_registry() {
	port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	registry=127.0.0.1:$port
	cat >"$scratch/registry.yml" <<-EOF
		version: 0.1
		log: {level: warn}
		storage: {filesystem: {rootdirectory: $scratch/registry}}
		http: {addr: $registry}
	EOF
	docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
	registry_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		/usr/bin/python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && return
		sleep 0.25
	done
	cat "$scratch/registry.log" >&2
	return 1
}

step "1. Debian packages: a compiler and libraries, QEMU user mode, a registry"
sh tools/packages.sh build run demo
sh tools/subordinate-ids.sh

step "2. Compile edgectl"
cmake --preset release -Wno-dev >/dev/null
cmake --build --preset release --target edgectl -- --quiet
edgectl=$PWD/build/release/cli/edgectl
show "$edgectl" version

step "3. Start a registry on loopback, with base images for ARM made from Debian's packages (once: kept for the next run)"
start_registry
echo "registry: $registry"
/usr/bin/python3 -B tests/fixtures/base_images.py --push "$registry"

step "4. Cross-build examples/hello: its compiler is the board's own, and runs under QEMU"
export EDGECTL_ROOT="${XDG_CACHE_HOME:-$HOME/.cache}/edgectl-quickstart"
image=$registry/hello:1.0
show "$edgectl" build --platform "$(echo "$platforms" | tr ' ' ,)" --build-arg "DEBIAN=$registry/debian:bookworm" \
	--build-arg "RUNTIME=$registry/busybox:latest" --tag "$image" examples/hello

step "5. Push both images as one index"
show "$edgectl" push "$image"

step "6. Pull it back into an empty store"
export EDGECTL_ROOT="$scratch/store"
show "$edgectl" pull --all-platforms "$image"
show "$edgectl" images

step "7. Run it, for each platform, under QEMU"
for platform in $platforms; do
	echo "$platform:"
	/usr/bin/python3 -B tests/fixtures/run_image.py "$EDGECTL_ROOT" "$image" "$platform"
done
