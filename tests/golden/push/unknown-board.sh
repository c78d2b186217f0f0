edgectl push --board rpi44 app:1
