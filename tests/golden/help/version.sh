edgectl version --help
