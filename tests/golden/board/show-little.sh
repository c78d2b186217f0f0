# Nothing is said of what is not known.
edgectl board show generic-aarch64
