# An edgectl.yaml that is a link stays one.
mkdir shared && echo 'board: beagleplay' >shared/edgectl.yaml && ln -s shared/edgectl.yaml edgectl.yaml
edgectl fleet init lab --registry registry.example.com --board raspberry-pi2 >/dev/null
test -L edgectl.yaml && cat shared/edgectl.yaml
rm shared/edgectl.yaml
edgectl fleet init lab --registry registry.example.com --board raspberry-pi2
