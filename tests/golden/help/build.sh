edgectl build --help
