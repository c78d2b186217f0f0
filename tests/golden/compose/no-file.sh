edgectl compose config
