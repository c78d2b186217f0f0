edgectl init demo --template python --board raspberry-pi
