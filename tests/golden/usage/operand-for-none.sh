edgectl version now
