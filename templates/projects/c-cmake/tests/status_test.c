#include "status.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                        \
		}                                                                       \
	} while (0)

static int read_texts(const char *uptime, const char *loadavg, const char *meminfo,
		      struct status *status)
{
	FILE *files[] = { fmemopen((void *)uptime, strlen(uptime), "r"),
			  fmemopen((void *)loadavg, strlen(loadavg), "r"),
			  fmemopen((void *)meminfo, strlen(meminfo), "r") };
	int result = status_read(files[0], files[1], files[2], status);

	for (int i = 0; i < 3; i++)
		fclose(files[i]);
	return result;
}

int main(void)
{
	static const char meminfo[] = "MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n";
	struct status status;
	char line[128];

	CHECK(read_texts("3600.42 7000.00\n", "0.25 0.10 0.05 1/99 1234\n", meminfo, &status) == 0);
	CHECK(status.available_mib == 512);
	status_format(&status, line, sizeof(line));
	CHECK(strcmp(line, "up 3600 s, load 0.25, 512 MiB of memory left") == 0);
	CHECK(read_texts("what?\n", "0.25\n", meminfo, &status) < 0);
	CHECK(read_texts("1 1\n", "0.25\n", "MemTotal: 1 kB\n", &status) < 0);
	return 0;
}
