edgectl rm --force app:1
