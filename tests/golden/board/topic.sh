# The first word alone, with --help, and behind help: the same.
edgectl board
edgectl board --help >one
edgectl help board >two
edgectl board | cmp - one
cmp one two
