edgectl push App:1
