printf "FROM scratch\nCOPY . /\n" > Dockerfile
mkdir out
edgectl build --quiet -o type=oci,dest=out .
