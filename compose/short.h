/*
 * Short forms of ports, volumes and devices to their long ones. Source: compose-spec 05-services.md;
 * the syntax of ports is that of docker's nat package.
 */
#ifndef SHORT_H
#define SHORT_H

#include "base/err.h"
#include "base/yaml.h"

/* "127.0.0.1:8000-8001:80-81/tcp" or a number: appends one mapping for each port to `out`. */
WARN_UNUSED int short_ports(struct arena *arena, const struct yaml *spec, struct yaml *out,
			    struct err *err);
/* "SOURCE:TARGET:OPTIONS". */
WARN_UNUSED int short_volume(struct arena *arena, const struct yaml *spec, struct yaml **ret,
			     struct err *err);
/* "SOURCE:TARGET:PERMISSIONS". */
WARN_UNUSED int short_device(struct arena *arena, const struct yaml *spec, struct yaml **ret,
			     struct err *err);
/* The name of a device that a container device interface describes: vendor.com/class=device. */
bool is_cdi_device(const char *text);
/* "C:\x", "c:/x", "\\host\share": absolute where Windows runs. */
bool is_windows_absolute(const char *path);
/* An IPv4 or IPv6 address. */
bool is_ip_address(const char *text);

#endif
