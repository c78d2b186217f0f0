#!/bin/sh
# Installs what the tests need, compiles edgectl three times (plain, AddressSanitizer, UndefinedBehaviorSanitizer) and runs
# every test of the three builds in one ctest, whose summary closes the output. As root, or as a user who can sudo.
#
#   sh test.sh [CTEST_OPTION...]        such as: sh test.sh -R e2e_push
set -eu
cd "$(dirname "$0")"

sh tools/packages.sh build run test
sh tools/peers.sh || echo "test.sh: going on without; the tests that compare with them are skipped" >&2
sh tools/subordinate-ids.sh
for preset in dev asan ubsan; do
	echo "== compiling: $preset"
	cmake --preset "$preset" -Wno-dev >/dev/null
	cmake --build --preset "$preset" -- --quiet
done

# ctest knows one build directory; this file makes one of the three.
echo 'subdirs("dev" "asan" "ubsan")' >build/CTestTestfile.cmake
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="print_stacktrace=1"
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel 2 "$@"
