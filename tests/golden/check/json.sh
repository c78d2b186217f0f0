printf 'FROM scratch\nCPOY a b\nEXPOSE x\nMAINTAINER me\n' >Dockerfile
edgectl build --call=check,format=json
