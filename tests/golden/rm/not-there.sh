edgectl rm app:1
