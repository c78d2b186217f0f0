edgectl push --board rpi4 --platform linux/arm/v7 app:1
