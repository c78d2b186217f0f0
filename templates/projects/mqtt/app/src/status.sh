#!/bin/sh
# The state of the board as one line of JSON.
set -eu

proc=${PROC:-/proc}
read -r load _ <"$proc/loadavg"
read -r uptime _ <"$proc/uptime"
memory=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' "$proc/meminfo")
printf '{"state":"up","uptime":%s,"load":%s,"memoryMiB":%s}\n' "${uptime%.*}" "$load" "$memory"
