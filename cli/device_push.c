#include "device_push.h"

#include <arpa/inet.h>

#include "base/alloc.h"
#include "deploy_run.h"
#include "device/address_book.h"

static bool is_address(const char *word)
{
	static const char *const schemes[] = { "ssh://", "tcp://", "tcp+tls://", "unix://" };
	struct in_addr address;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (str_has_prefix(word, schemes[i]))
			return true;
	}
	return (str_has_suffix(word, ".local") && !strchr(word, '/')) ||
	       inet_pton(AF_INET, word, &address) == 1;
}

int device_push_is_device(const char *word, bool *ret, struct err *err)
{
	AUTO(address_book_release) struct address_book book = { .items = NULL };

	*ret = is_address(word);
	if (*ret || strpbrk(word, "/:"))
		return 0;
	if (address_book_load(&book, err) < 0)
		return -1;
	VEC_FOREACH(device, &book)
		*ret = *ret || str_eq(device->name, word);
	return 0;
}

static int check_options(const char *device, const struct fleet_push_args *args,
			 const struct transfer_args *transfer, struct err *err)
{
	const struct {
		bool is_given;
		const char *option;
	} rows[] = {
		{ args->channel != NULL, "channel" },
		{ args->draft, "draft" },
		{ args->with_env, "with-env" },
		{ args->version != NULL, "release-version" },
		{ args->note != NULL, "note" },
		{ args->release_tags.len > 0, "release-tag" },
		{ args->dry_run, "dry-run" },
		{ args->boards.len > 0, "board" },
		{ transfer->quiet, "quiet" },
		{ transfer->limit_rate != NULL, "limit-rate" },
		{ transfer->registry.secrets != NULL, "registry-secrets" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].is_given)
			continue;
		(void)err_set(err, ERR_USAGE,
			      "option '--%s' is for registries, and '%s' is a board",
			      rows[i].option, device);
		return err_hint(err, "'edgectl deploy' has all that there is for boards");
	}
	return 0;
}

static void words_release(struct deploy_args *words)
{
	strvec_release(&words->words);
	strvec_release(&words->build.source.platforms);
}

int device_push_run(struct app *app, const char *device, const struct fleet_push_args *args,
		    const struct transfer_args *transfer, struct err *err)
{
	AUTO(words_release) struct deploy_args words = { .source = NULL };

	if (check_options(device, args, transfer, err) < 0)
		return -1;
	strvec_add(&words.words, device);
	strvec_add_all(&words.words, &args->services);
	strvec_add_all(&words.build.source.platforms, &args->platforms);
	words.build.how.progress = transfer->progress;
	words.build.how.insecure = transfer->registry.insecure;
	return deployment_deploy(app, &words, err);
}
