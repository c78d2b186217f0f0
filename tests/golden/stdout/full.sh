edgectl --help >/dev/full
