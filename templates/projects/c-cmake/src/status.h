/* How the board does. */
#ifndef STATUS_H
#define STATUS_H

#include <stddef.h>
#include <stdio.h>

struct status {
	double uptime; /* seconds */
	double load;
	long available_mib; /* memory that programs could still get */
};

/* From open files of the form of /proc/uptime, loadavg and meminfo; 0, or -1 when one of them is not of it. */
int status_read(FILE *uptime, FILE *loadavg, FILE *meminfo, struct status *status);
/* Of this machine. */
int status_now(struct status *status);
/* One line without its end; as snprintf(3). */
int status_format(const struct status *status, char *line, size_t size);

#endif
