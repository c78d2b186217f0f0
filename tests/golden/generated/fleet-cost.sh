# The figures of docs/fleet-scale.md are those that bench/fleet_cost.py works out, and answer its parameters.
cost=$SOURCE_DIR/bench/fleet_cost.py
/usr/bin/python3 -B "$cost" --check "$SOURCE_DIR/docs/fleet-scale.md"
! /usr/bin/python3 -B "$cost" --boards 99999 --check "$SOURCE_DIR/docs/fleet-scale.md" 2>/dev/null
/usr/bin/python3 -B "$cost" --boards 1000 --egress-price 1 | grep -q ' 1,000 boards'
