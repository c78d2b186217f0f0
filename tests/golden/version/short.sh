edgectl -V
