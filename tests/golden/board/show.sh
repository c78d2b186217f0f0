edgectl board show raspberry-pi2
