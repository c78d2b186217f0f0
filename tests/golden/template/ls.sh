edgectl template ls
