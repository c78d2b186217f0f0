EDGECTL_STORE_LIMIT=big edgectl build --progress plain .
