edgectl init demo --board raspberrypi4-64 --template shell --var interval=3 -y
grep INTERVAL= demo/Dockerfile
stat -c %A demo/src/service.sh
