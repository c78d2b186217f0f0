#!/bin/sh
# Publishes the state of the board every $INTERVAL seconds; the broker tells the others when we have gone.
set -eu

broker=${BROKER:-localhost}
topic=${TOPIC:-boards/board}
here=$(dirname "$0")

states() {
    while :; do
        state=$(sh "$here/status.sh")
        echo "$state"
        echo "$topic: $state" >&2
        date +%s >"${HEARTBEAT:-/tmp/heartbeat}"
        sleep "${INTERVAL:-10}"
    done
}

# -l publishes every line of the standard input over one connection.
states | exec mosquitto_pub -h "$broker" -t "$topic" -q 1 -l \
    --will-topic "$topic" --will-payload '{"state":"gone"}' --will-retain
