#include "source.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "dockerfile_choice.h"
#include "dockerfile_template.h"
#include "live_directives.h"

void build_source_init(struct build_source *source)
{
	*source = (struct build_source){ .text = STR_INIT,
					 .file = DOCKERFILE_INIT,
					 .ignore_text = STR_INIT };
}

void build_source_release(struct build_source *source)
{
	free(source->dockerfile_name);
	str_release(&source->text);
	dockerfile_release(&source->file);
	diags_release(&source->diags);
	free(source->ignore_name);
	str_release(&source->ignore_text);
	ignore_free(source->ignore);
}

/* What -f names is found from the working directory, or in a context that was brought here. */
static const char *search_dir(const struct build_request *request,
			      const struct build_context *context)
{
	if (context->is_remote)
		return context->dir;
	return request->dockerfile ? "." : request->context_dir;
}

static int find_dockerfile(const struct build_request *request, const struct build_board *board,
			   struct build_source *source, struct err *err)
{
	const struct build_context *context = source->context;
	const struct dockerfile_question question = {
		.dir = search_dir(request, context),
		.name = request->dockerfile,
		.board = board ? board->slug : NULL,
		.arch = board ? board->arch : NULL,
	};
	AUTO(dockerfile_choice_release) struct dockerfile_choice choice = { .path = NULL };

	if (context->dockerfile_name) {
		source->dockerfile_name = xstrdup(context->dockerfile_name);
		return 0;
	}
	if (dockerfile_choose(&question, &choice, err) < 0)
		return -1;
	source->is_template = choice.is_template;
	if (request->dockerfile || context->is_remote) {
		source->dockerfile_name = TAKE(choice.path);
	} else {
		AUTO(freep) char *path = path_join(request->context_dir, choice.path);

		source->dockerfile_name = path_clean(path);
	}
	return 0;
}

/* A file of the context when it was brought here, else one of this machine. */
static int read_file(const struct build_context *context, const char *path, size_t limit,
		     struct str *ret, struct err *err)
{
	if (context->is_remote)
		return remote_context_read(context->dir, path, limit, ret, err);
	return fs_read_file(AT_FDCWD, path, limit, ret, err);
}

static int read_text(struct build_source *source, struct err *err)
{
	const struct build_context *context = source->context;

	if (!context->dockerfile_name)
		return read_file(context, source->dockerfile_name, LIMIT_DOCKERFILE, &source->text,
				 err);
	str_addn(&source->text, context->dockerfile.ptr, context->dockerfile.len);
	return 0;
}

static int expand_template(const struct build_board *board, struct build_source *source,
			   struct err *err)
{
	struct build_board named = *board;
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	/* A project without a name of its own has that of its directory. */
	if (!named.app && !source->context->is_remote)
		named.app = path_base(source->context->dir);
	build_board_template_values(&named, &values);
	if (dockerfile_template_expand(str_span(&source->text), source->dockerfile_name, &values,
				       &text, err) < 0)
		return -1;
	str_release(&source->text);
	source->text = text;
	text = (struct str)STR_INIT;
	return 0;
}

static int apply_live_directives(const struct build_request *request, struct build_source *source,
				 struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (live_directives_apply(str_span(&source->text), source->dockerfile_name,
				  request->target != NULL, &text, &source->live_line, err) < 0)
		return -1;
	str_release(&source->text);
	source->text = text;
	text = (struct str)STR_INIT;
	return 0;
}

static int read_dockerfile(const struct build_request *request, const struct build_board *board,
			   struct build_source *source, struct err *err)
{
	int parsed;

	if (read_text(source, err) < 0)
		return err_wrap(err, "read Dockerfile");
	if (source->is_template && expand_template(board, source, err) < 0)
		return -1;
	if (request->live_directives && apply_live_directives(request, source, err) < 0)
		return -1;
	diags_init(&source->diags, source->dockerfile_name, str_span(&source->text));
	parsed = dockerfile_parse(str_span(&source->text), &source->file, &source->diags);
	(void)parsed; /* the errors are among the diags, and shown with those of the checks */
	source->parse_diags = source->diags.len;
	return 0;
}

static int read_ignore_file(struct build_source *source, const char *path, bool *ret_found,
			    struct err *err)
{
	AUTO(err_release) struct err reason = ERR_INIT;

	*ret_found = false;
	if (read_file(source->context, path, LIMIT_IGNORE_FILE, &source->ignore_text, &reason) <
	    0) {
		if (reason.kind == ERR_NOT_FOUND)
			return 0;
		err_move(err, &reason);
		return err_wrap(err, "read ignore file");
	}
	*ret_found = true;
	source->ignore_name = xstrdup(path_base(path));
	return ignore_parse(str_span(&source->ignore_text), source->ignore_name, &source->ignore,
			    err);
}

static int find_ignore_file(struct build_source *source, struct err *err)
{
	const struct build_context *context = source->context;
	AUTO(freep) char *own = xasprintf("%s.dockerignore", source->dockerfile_name);
	AUTO(freep)
	char *common = context->is_remote ? xstrdup(".dockerignore")
					  : path_join(context->dir, ".dockerignore");
	bool found = false;

	if (!context->dockerfile_name && read_ignore_file(source, own, &found, err) < 0)
		return -1;
	return found ? 0 : read_ignore_file(source, common, &found, err);
}

void build_args_resolve(const struct strmap *given, struct strmap *ret)
{
	for (size_t i = 0; given && i < given->len; i++) {
		const struct strmap_item *item = &given->items[i];
		const char *value = item->value ? item->value : getenv(item->key);

		if (value)
			strmap_set(ret, item->key, value);
	}
}

int build_source_read(const struct build_request *request, const struct build_context *context,
		      const struct build_board *board, struct build_source *ret, struct err *err)
{
	ret->context = context;
	if (find_dockerfile(request, board, ret, err) < 0 ||
	    read_dockerfile(request, board, ret, err) < 0)
		return -1;
	return find_ignore_file(ret, err);
}
