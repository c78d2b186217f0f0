#!/bin/sh
# The Debian packages edgectl needs, for each purpose, and the one place that installs them.
#
#   tools/packages.sh PURPOSE...      install what is missing for the purposes
#   tools/packages.sh --list PURPOSE...
#
# Purposes: build, run, demo (quickstart.sh), test (test.sh), bench.
# Asks for root by sudo when something is missing and the caller is not root; does nothing when all is there. Services that come
# with a package (an ssh server, docker) are not started: the tests start their own.
set -eu

packages_of() {
	case $1 in
	build)
		echo gcc libc6-dev cmake ninja-build pkg-config
		echo libcurl4-openssl-dev libssl-dev libarchive-dev libsqlite3-dev libjansson-dev libzstd-dev zlib1g-dev
		echo libdeflate-dev libseccomp-dev libcap-dev libgit2-dev libutf8proc-dev uthash-dev libsubid-dev libyaml-dev libcmocka-dev
		;;
	run) echo qemu-user-static uidmap ca-certificates ;;
	demo) echo python3 mmdebstrap skopeo docker-registry ;;
	test)
		echo python3 python3-pytest python3-jsonschema mmdebstrap skopeo docker-registry docker.io apache2-utils openssl procps podman runc
		echo clang-format pmccabe shellcheck mandoc fish zsh dpkg-dev bzip2 xz-utils zstd git openssh-client openssh-server avahi-daemon iproute2 strace nginx-light libnginx-mod-stream db5.3-util
		;;
	bench) echo python3 mmdebstrap skopeo docker-registry docker.io buildah hyperfine ;;
	*)
		echo "packages.sh: unknown purpose '$1'" >&2
		exit 2
		;;
	esac
}

# A package in any state but "installed" counts as missing: a removed one still has an entry.
missing_of() {
	for package in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
		*" installed") ;;
		*) echo "$package" ;;
		esac
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		env "$@"
	elif command -v sudo >/dev/null; then
		sudo env "$@"
	else
		echo "packages.sh: not root, and there is no sudo: as root, run: $*" >&2
		exit 1
	fi
}

list=no
if [ "${1-}" = --list ]; then
	list=yes
	shift
fi
wanted=$(for purpose in "$@"; do packages_of "$purpose"; done | tr ' ' '\n' | sort -u)
if [ $list = yes ]; then
	echo "$wanted"
	exit 0
fi
# shellcheck disable=SC2086 # one word per package is what is wanted
missing=$(missing_of $wanted | tr '\n' ' ')
if [ -z "$missing" ]; then
	echo "Debian packages: all there for: $*"
	exit 0
fi
echo "Debian packages: installing $missing..."
as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update ||
	echo "packages.sh: not every package list could be renewed, going on" >&2
# shellcheck disable=SC2086
as_root DEBIAN_FRONTEND=noninteractive sh "$(dirname "$0")/without-services.sh" \
	apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null
