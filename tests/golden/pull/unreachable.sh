edgectl pull localhost:1/app:1
