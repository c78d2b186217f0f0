edgectl build --call=outline
