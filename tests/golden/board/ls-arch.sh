# By the name that Dockerfile.<arch> has, and by platform.
edgectl board ls --arch rpi -q
edgectl board ls --arch linux/arm/v6 -q
edgectl board ls --arch i386-nlp -q
