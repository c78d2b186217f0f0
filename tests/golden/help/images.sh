edgectl images --help
