edgectl bild
