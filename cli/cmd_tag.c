#include "app.h"
#include "command.h"
#include "image_option.h"

#include "image/store.h"

struct tag_args {
	struct strvec words;
};

/* All names are looked at before the first changes. */
static int parse_names(const struct tag_args *args, struct image_refs *ret, struct err *err)
{
	VEC_FOREACH(word, &args->words) {
		if (image_option_parse(*word, VEC_ADD(ret), err) < 0)
			return -1;
		if (digest_is_set(&ret->items[ret->len - 1].digest) && ret->len > 1)
			return err_set(err, ERR_USAGE, "'%s': a new name cannot have a digest",
				       *word);
	}
	return 0;
}

static int tag_run(struct app *app, const void *args_data, struct err *err)
{
	const struct tag_args *args = args_data;
	AUTO(image_refs_release) struct image_refs refs = { .items = NULL };
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(store_closep) struct store *store = NULL;
	AUTO(freep) char *source = NULL;

	(void)app;
	if (parse_names(args, &refs, err) < 0 || store_open(NULL, &store, err) < 0)
		return -1;
	source = image_ref_format(&refs.items[0]);
	if (store_resolve(store, source, &target, err) < 0)
		return -1;
	for (size_t i = 1; i < refs.len; i++) {
		AUTO(freep) char *name = image_ref_format(&refs.items[i]);

		if (store_tag(store, name, &target, err) < 0)
			return -1;
	}
	return 0;
}

static const struct cli_option tag_options[] = {
	OPTION_OPERANDS(struct tag_args, words, "SOURCE TARGET", VALUE_IMAGE, 2, 0),
	OPTION_END,
};

static const struct cli_example tag_examples[] = {
	{ "Name an image for the registry that it is to go to:",
	  "edgectl tag app:1 registry.example.com/app:1" },
	{ NULL, NULL },
};

const struct cli_command cmd_tag = {
	.name = "tag",
	.group = GROUP_IMAGE,
	.summary = "Give an image in the local store further names",
	.details = "Both names stand for the same image then; a name that was there before moves "
		   "to it. In a registry, 'edgectl copy' does the same.",
	.options = tag_options,
	.args_size = sizeof(struct tag_args),
	.examples = tag_examples,
	.run = tag_run,
};
