# Every template, for 32 and for 64 bit: its compose file resolves, and its Dockerfiles have nothing that the linter warns of.
# Nobody answers at that proxy: what base images there are does not matter here.
export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9
for template in $(edgectl template ls -q); do
    for board in raspberrypi3 raspberrypi4-64; do
        edgectl init demo --template "$template" --board $board --registry reg.example.com/team -y >/dev/null
        cd demo || exit 1
        edgectl compose config >../config || echo "$template, $board: compose config"
        grep -q "^      *watch:" ../config || echo "$template, $board: nothing is watched"
        edgectl build --check >../check 2>&1 || echo "$template, $board: build --check"
        grep -i "warning" ../check | grep -v "no warnings"
        grep -rl "{{" . && echo "$template, $board: a tag is left"
        test -s README.md || echo "$template: no README"
        cd ..
        rm -r demo
    done
done
