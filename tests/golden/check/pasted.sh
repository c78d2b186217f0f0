# From a web page: typographic quotes, a no-break space, an invisible character.
printf 'FROM scratch\nENV A=“hello world”\nENV B=“hello”\nRUN\302\240make\n\342\200\213USER app\nCMD [“a”, “b”]\n' >Dockerfile
edgectl build --check
