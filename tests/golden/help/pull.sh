edgectl pull --help
