#include "device/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "device/events.h"
#include "engine.h"

void device_info_release(struct device_info *info)
{
	free(info->model);
	free(info->system);
	free(info->kernel);
	free(info->hostname);
	free(info->machine);
}

static char *text_of(const json_t *json, const char *key)
{
	return xstrdup_or_null(json_get_string(json, key));
}

static void read_engine(const json_t *json, struct device_info *ret)
{
	ret->system = text_of(json, "OperatingSystem");
	ret->kernel = text_of(json, "KernelVersion");
	ret->hostname = text_of(json, "Name");
	ret->machine = text_of(json, "Architecture");
	ret->processors = (unsigned)json_get_int(json, "NCPU", 0);
	ret->memory = (uint64_t)json_get_int(json, "MemTotal", 0);
	ret->containers = (unsigned)json_get_int(json, "Containers", 0);
	ret->running = (unsigned)json_get_int(json, "ContainersRunning", 0);
	ret->images = (unsigned)json_get_int(json, "Images", 0);
}

/* Three lines: the model, which ends in a NUL byte there; the load; the last line of df. */
static const char question[] =
	"tr -d '\\0' </proc/device-tree/model 2>/dev/null; echo; cat /proc/loadavg; "
	"df -Pk \"$dir\" 2>/dev/null | tail -n 1";

static void read_answer(struct span text, struct device_info *ret)
{
	struct span model, load, disk;
	unsigned long long size = 0, used = 0, free_kib = 0;
	AUTO(freep) char *load_text = NULL;
	AUTO(freep) char *disk_text = NULL;

	(void)span_cut(&text, '\n', &model);
	(void)span_cut(&text, '\n', &load);
	(void)span_cut(&text, '\n', &disk);
	load_text = span_dup(load);
	disk_text = span_dup(disk);
	if (model.len > 0)
		ret->model = span_dup(model);
	ret->has_load =
		sscanf(load_text, "%lf %lf %lf", &ret->load[0], &ret->load[1], &ret->load[2]) == 3;
	if (sscanf(disk_text, "%*s %llu %llu %llu", &size, &used, &free_kib) == 3) {
		ret->disk_size = (uint64_t)size * 1024;
		ret->disk_free = (uint64_t)free_kib * 1024;
	}
}

/* One word of a shell. */
static char *quoted(const char *word)
{
	struct str text = STR_INIT;

	str_addc(&text, '\'');
	for (; *word; word++)
		str_add(&text, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
	str_addc(&text, '\'');
	return str_detach(&text);
}

int device_info_read(struct engine *engine, struct device_info *ret, struct err *err)
{
	AUTO(freep) char *dir = NULL;
	AUTO(freep) char *command = NULL;
	AUTO(str_release) struct str answer = STR_INIT;
	json_t *json = NULL;

	*ret = (struct device_info){ .model = NULL };
	if (engine_info(engine, &json, err) < 0)
		return -1;
	read_engine(json, ret);
	dir = quoted(json_get_string(json, "DockerRootDir") ?: "/");
	json_decref(json);
	command = xasprintf("dir=%s; %s", dir, question);
	/* A board that runs no commands for us is no worse for it. */
	if (connection_shell(engine->connection, command, &answer, NULL) == 0)
		read_answer(str_span(&answer), ret);
	return 0;
}
