edgectl build --progress=plian .
