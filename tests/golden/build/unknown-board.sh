edgectl build --board rasberrypi5 .
