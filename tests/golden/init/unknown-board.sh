edgectl init demo --template shell --board rasberrypi5
