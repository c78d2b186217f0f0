#include <stdlib.h>

#include "asking.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "device/address_book.h"
#include "device/engine.h"
#include "device/keeper.h"
#include "doctor/check.h"

struct visit {
	const struct known_device *device;
	char *about;    /* what it said of itself */
	struct err err; /* kind ERR_NONE = it answered */
};

struct visits {
	struct visit *items;
	size_t len, cap;
};

static void visits_release(struct visits *visits)
{
	VEC_FOREACH(visit, visits) {
		free(visit->about);
		err_release(&visit->err);
	}
	free(visits->items);
}

static void ask(void *data, const struct monitor *monitor)
{
	struct visit *visit = data;
	AUTO(engine_freep) struct engine *engine = NULL;
	const struct engine_about *about;

	if (engine_open(visit->device->name, &visit->device->address, monitor, &engine,
			&visit->err) < 0)
		return;
	about = engine_about(engine);
	visit->about =
		xasprintf("%s %s on %s/%s", about->product, about->version, about->os, about->arch);
}

static bool has_ssh(const struct address_book *book)
{
	VEC_FOREACH(device, book) {
		if (device->address.transport == DEVICE_SSH)
			return true;
	}
	return false;
}

static void look_at_ssh(const struct check *check, bool is_needed, struct findings *ret)
{
	AUTO(freep) char *path = fs_find_program("ssh");

	if (path)
		findings_add(ret, FINDING_GOOD, check->name, NULL, "ssh: '%s'", path);
	else
		findings_add(ret, is_needed ? FINDING_BAD : FINDING_WARNING, check->name,
			     "sudo apt-get install openssh-client",
			     "ssh is not installed: boards are reached by TCP only");
}

static void add_finding(const struct check *check, const struct visit *visit, bool is_answered,
			struct findings *ret)
{
	AUTO(freep) char *ask_it = xasprintf("edgectl device info %s", visit->device->name);

	if (!is_answered)
		findings_add(ret, FINDING_WARNING, check->name, ask_it,
			     "%s: no answer within %d seconds", visit->device->name,
			     ASKING_DEADLINE_MS / 1000);
	else if (visit->err.kind != ERR_NONE)
		findings_add(ret, FINDING_WARNING, check->name,
			     visit->err.hint ? visit->err.hint : ask_it, "%s", visit->err.message);
	else
		findings_add(ret, FINDING_GOOD, check->name, NULL, "%s: %s", visit->device->name,
			     visit->about);
}

static int run_boards(const struct check *check, const struct check_context *context,
		      struct findings *ret, struct err *err)
{
	AUTO(address_book_release) struct address_book book = { .items = NULL };
	AUTO(visits_release) struct visits visits = { .items = NULL };
	AUTO(freep) struct question *questions = NULL;

	if (address_book_load(&book, err) < 0 || (has_ssh(&book) && keeper_start(err) < 0))
		return -1;
	look_at_ssh(check, has_ssh(&book), ret);
	VEC_FOREACH(device, &book)
		*VEC_ADD(&visits) = (struct visit){ .device = device };
	questions = xcalloc(book.len + 1, sizeof(*questions));
	for (size_t i = 0; i < book.len; i++)
		questions[i] = (struct question){ .ask = ask, .data = &visits.items[i] };
	if (ask_all(questions, book.len, context->monitor, err) < 0)
		return -1;
	for (size_t i = 0; i < book.len; i++)
		add_finding(check, &visits.items[i], questions[i].is_answered, ret);
	return 0;
}

extern const struct check check_boards;
const struct check check_boards = {
	.name = "boards",
	.title = "Boards on the network",
	.run = run_boards,
};
