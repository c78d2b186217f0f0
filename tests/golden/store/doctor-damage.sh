edgectl images >/dev/null
hex=1111111111111111111111111111111111111111111111111111111111111111
echo x >"$EDGECTL_ROOT/blobs/sha256/$hex"
edgectl doctor --store
echo "status $?"
edgectl doctor --store --repair
echo "status $?"
edgectl doctor --store >/dev/null
echo "status $?"
