edgectl push --help
