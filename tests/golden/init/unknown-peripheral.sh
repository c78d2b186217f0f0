edgectl init demo --template i2c-sensor --board generic-aarch64 -y | head -n 1
