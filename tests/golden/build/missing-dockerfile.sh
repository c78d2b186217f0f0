edgectl build --platform linux/arm64 .
