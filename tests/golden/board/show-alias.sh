edgectl board show --json jetson-orin-nano
