/* The hashes by which docker compose knows whether something has changed. 64 hex digits, which the caller frees. */
#ifndef CONFIG_HASH_H
#define CONFIG_HASH_H

#include "base/yaml.h"

/* `service` is changed: what does not count is taken out of it. */
char *config_hash_service(struct yaml *service);
char *config_hash_network(const struct yaml *network);
char *config_hash_volume(const struct yaml *volume);

#endif
