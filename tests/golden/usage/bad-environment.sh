BUILDKIT_PROGRESS=rawjson edgectl build .
