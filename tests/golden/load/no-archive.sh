echo text >file
edgectl load -i file
