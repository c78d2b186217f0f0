SOURCE_DATE_EPOCH=yesterday edgectl build .
edgectl build --build-arg SOURCE_DATE_EPOCH=253402300800 .
