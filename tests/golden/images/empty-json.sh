edgectl images --json
