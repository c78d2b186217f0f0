edgectl board ls beaglebone SEEED
