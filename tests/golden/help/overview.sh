edgectl --help
