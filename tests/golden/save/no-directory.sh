edgectl save --format oci-dir app:1
