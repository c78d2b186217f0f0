edgectl pull --progress json localhost:1/app:1
