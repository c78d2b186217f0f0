edgectl completion fsh
