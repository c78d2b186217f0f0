edgectl __complete platform linux/arm64,linux/arm/
