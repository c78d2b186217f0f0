edgectl build --no-push=yes
