edgectl build --no-cache=perhaps .
