edgectl copy example.com/app oci:
