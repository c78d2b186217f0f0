# Keys of the configuration.
edgectl __complete config-key store
edgectl __complete config-key build.ca
