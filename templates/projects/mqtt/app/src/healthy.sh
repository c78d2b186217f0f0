#!/bin/sh
# Succeeds while the program publishes in time.
set -eu

read -r last <"${HEARTBEAT:-/tmp/heartbeat}"
[ $(($(date +%s) - last)) -le $((${INTERVAL:-10} * 3)) ]
