edgectl init demo --board raspberrypi4-64
