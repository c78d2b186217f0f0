# `edgectl help COMMAND` is `edgectl COMMAND --help`, also behind other words.
edgectl help push >one
edgectl push --insecure app:1 --help >two
cmp one two
