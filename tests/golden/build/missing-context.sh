edgectl build --platform linux/arm64 nowhere
