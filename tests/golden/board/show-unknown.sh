edgectl board show rasberrypi4
