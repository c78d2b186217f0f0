#!/bin/sh
# usage: service_test.sh PATH-OF-SERVICE
set -eu

service=$1
proc=$(mktemp -d)
trap 'rm -rf "$proc"' EXIT
echo "0.25 0.10 0.05 1/99 1234" >"$proc/loadavg"
echo "3600.42 7000.00" >"$proc/uptime"
printf 'MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n' >"$proc/meminfo"

export PROC="$proc" HEARTBEAT="$proc/heartbeat"
last=$(sh "$service" --once | tail -n 1)
if [ "$last" != "up 3600 s, load 0.25, 512 MiB of memory left" ]; then
    echo "unexpected: $last" >&2
    exit 1
fi
sh "$(dirname "$service")/healthy.sh"
echo "all good"
