edgectl build --board raspberrypi4-64,raspberrypi5 .
