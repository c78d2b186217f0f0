edgectl pull -q localhost:1/app:1
