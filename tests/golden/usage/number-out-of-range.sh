edgectl push --jobs 0 app:1
