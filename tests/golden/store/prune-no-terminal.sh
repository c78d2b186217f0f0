edgectl prune
