#!/bin/sh
# Runs one file of end-to-end tests: run.sh EDGECTL IDENTITY TEST_FILE [PYTEST_OPTION...]
# They make users, mount disks and start a Docker engine, so they run as root: by sudo for a caller who is not.
set -eu
edgectl=$1 identity=$2 file=$3
shift 3
set -- /usr/bin/python3 -B -m pytest -q "--edgectl=$edgectl" "--identity=$identity" "$file" "$@"
if [ "$(id -u)" -ne 0 ]; then
	[ -z "${CONFORMANCE_DIR-}" ] || set -- "CONFORMANCE_DIR=$CONFORMANCE_DIR" "$@"
	set -- sudo -n env "EDGECTL_TEST_CACHE=${EDGECTL_TEST_CACHE:-$HOME/.cache/edgectl-tests}" \
		"EDGECTL_TESTS_MUST_RUN=${EDGECTL_TESTS_MUST_RUN-}" "EDGECTL_DEB_DIR=${EDGECTL_DEB_DIR-}" "$@"
fi
exec "$@"
