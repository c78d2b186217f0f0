printf '#!/bin/bash\nset -e\ncd /src\nexport A=b\napt-get update\n' >Dockerfile
edgectl build --check
