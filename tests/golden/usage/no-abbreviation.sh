edgectl build --plat linux/arm64 .
