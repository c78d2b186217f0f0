# requires: python3 gcc cmake ninja
# The tests that templates bring along, where this machine has what they are written in.
natively() { # DIR OPTION...
    dir=$1
    shift
    { cmake -S "$dir" -B "$dir/build" -G Ninja "$@" && cmake --build "$dir/build" && ctest --test-dir "$dir/build"; } >log 2>&1 || cat log
}

edgectl init py --template python -y >/dev/null
(cd py && python3 -m unittest discover -q --start-directory tests --top-level-directory . 2>&1 | grep -v "^$" | tail -n 1)
edgectl init sensor --template i2c-sensor --board raspberrypi4-64 -y >/dev/null
(cd sensor && python3 -m unittest discover -q --start-directory tests --top-level-directory . 2>&1 | tail -n 1)
edgectl init service --template shell -y >/dev/null
sh service/tests/service_test.sh service/src/service.sh
edgectl init two --template mqtt -y >/dev/null
sh two/app/tests/status_test.sh two/app/src/status.sh
edgectl init prog --template c-cmake -y >/dev/null
natively prog
export HEARTBEAT="$PWD/heartbeat"
prog/build/prog >prog.log &
until prog/build/prog --healthy; do sleep 0.05; done
kill $!
wait $!
sed "s/$(uname -m)/HERE/; s/[0-9][0-9.]*/N/g" prog.log
edgectl init led --template gpio-blinky --board raspberrypi4-64 -y >/dev/null
natively led -DBLINKY_TESTS_ONLY=ON
