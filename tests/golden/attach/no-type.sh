edgectl attach example.com/app:1 file
