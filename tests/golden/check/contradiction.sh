edgectl build --check --call=build
