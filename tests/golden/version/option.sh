edgectl --version
