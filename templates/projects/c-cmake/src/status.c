#include "status.h"

#include <stdlib.h>
#include <string.h>

static int read_available(FILE *meminfo, long *mib)
{
	char line[128];
	long kib;

	while (fgets(line, sizeof(line), meminfo)) {
		char *end = NULL;

		if (strncmp(line, "MemAvailable:", 13) != 0)
			continue;
		kib = strtol(line + 13, &end, 10);
		*mib = kib / 1024;
		return end == line + 13 ? -1 : 0;
	}
	return -1;
}

static int read_number(FILE *file, double *number)
{
	char line[128];
	char *end = NULL;

	if (!fgets(line, sizeof(line), file))
		return -1;
	*number = strtod(line, &end);
	return end == line ? -1 : 0;
}

int status_read(FILE *uptime, FILE *loadavg, FILE *meminfo, struct status *status)
{
	if (read_number(uptime, &status->uptime) < 0 || read_number(loadavg, &status->load) < 0)
		return -1;
	return read_available(meminfo, &status->available_mib);
}

int status_now(struct status *status)
{
	FILE *uptime = fopen("/proc/uptime", "re");
	FILE *loadavg = fopen("/proc/loadavg", "re");
	FILE *meminfo = fopen("/proc/meminfo", "re");
	int result = -1;

	if (uptime && loadavg && meminfo)
		result = status_read(uptime, loadavg, meminfo, status);
	if (uptime)
		fclose(uptime);
	if (loadavg)
		fclose(loadavg);
	if (meminfo)
		fclose(meminfo);
	return result;
}

int status_format(const struct status *status, char *line, size_t size)
{
	return snprintf(line, size, "up %.0f s, load %.2f, %ld MiB of memory left", status->uptime,
			status->load, status->available_mib);
}
