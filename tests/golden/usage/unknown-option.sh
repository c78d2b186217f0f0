edgectl build --platfrom linux/arm64 .
