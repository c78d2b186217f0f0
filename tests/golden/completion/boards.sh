# Slugs, in lists too; aliases when no slug fits.
edgectl __complete board raspberrypi4
edgectl __complete board raspberrypi5,jetson-x
edgectl __complete board bbg
