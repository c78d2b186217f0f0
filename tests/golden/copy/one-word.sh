edgectl copy example.com/app:1
