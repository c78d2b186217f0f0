edgectl df
