#!/bin/sh
# usage: status_test.sh PATH-OF-STATUS
set -eu

proc=$(mktemp -d)
trap 'rm -rf "$proc"' EXIT
echo "0.25 0.10 0.05 1/99 1234" >"$proc/loadavg"
echo "3600.42 7000.00" >"$proc/uptime"
printf 'MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n' >"$proc/meminfo"

state=$(PROC="$proc" sh "$1")
if [ "$state" != '{"state":"up","uptime":3600,"load":0.25,"memoryMiB":512}' ]; then
    echo "unexpected: $state" >&2
    exit 1
fi
echo "all good"
