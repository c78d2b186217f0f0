edgectl completion --help
