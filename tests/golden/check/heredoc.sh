printf 'FROM scratch\nRUN <<EOF\n  echo a\n  EOF\nCOPY a b\n' >Dockerfile
edgectl build --check
