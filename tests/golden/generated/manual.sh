# requires: mandoc
# The manual pages are what the tables say, and good mdoc(7).
edgectl __generate man .
mandoc -T lint -W warning edgectl*.[15]
