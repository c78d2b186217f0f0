edgectl version
