SOURCE_DATE_EPOCH=yesterday edgectl build .
