printf '#!/bin/sh\n// syntax = docker/dockerfile:1 and more\n' >Dockerfile
edgectl __parse --directive syntax Dockerfile
edgectl __parse --directive escape Dockerfile
