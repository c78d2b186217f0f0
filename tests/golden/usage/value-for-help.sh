edgectl build --help=yes
