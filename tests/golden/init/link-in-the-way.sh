mkdir demo outside && ln -s ../outside demo/src
edgectl init demo --template shell -y --force
echo $?
ls demo outside
