edgectl help --help
