# With a registry there is a fleet to push to; an edgectl.yaml that is there stays, and nothing is said of a fleet.
edgectl init demo --board raspberrypi4-64 --template shell --registry registry.example.com/team -y >/dev/null
cat demo/edgectl.yaml
(cd demo && edgectl fleet show demo)
cd demo && rm compose.yaml && echo 'board: beagleplay' >edgectl.yaml
edgectl init --from-existing --board beagleplay --registry registry.example.com/team -y
cat edgectl.yaml
