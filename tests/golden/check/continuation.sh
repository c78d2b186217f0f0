printf 'FROM scratch\nRUN apt-get install -y \\\n      curl\n      git \\\n      vim\n' >Dockerfile
edgectl build --check
