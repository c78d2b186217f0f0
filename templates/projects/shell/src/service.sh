#!/bin/sh
# Prints how the board does, every $INTERVAL seconds, until it is told to stop.
set -eu

interval=${INTERVAL:-10}
heartbeat=${HEARTBEAT:-/tmp/heartbeat}
proc=${PROC:-/proc}

report() {
    read -r load _ <"$proc/loadavg"
    read -r uptime _ <"$proc/uptime"
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' "$proc/meminfo")
    echo "up ${uptime%.*} s, load $load, $memory MiB of memory left"
    date +%s >"$heartbeat"
}

# Process 1 gets no signal that it has not asked for.
trap 'echo "stopping"; exit 0' TERM INT

echo "service of $(uname -m) has started"
while :; do
    report
    [ "${1:-}" != --once ] || exit 0
    # A trap waits for a program, but not for `wait`.
    sleep "$interval" &
    wait $!
done
