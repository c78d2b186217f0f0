#include "source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"
#include "dockerfile_choice.h"
#include "dockerfile_template.h"

void build_source_init(struct build_source *source)
{
	*source = (struct build_source){ .text = STR_INIT,
					 .file = DOCKERFILE_INIT,
					 .ignore_text = STR_INIT };
}

void build_source_release(struct build_source *source)
{
	free(source->context_dir);
	free(source->dockerfile_name);
	str_release(&source->text);
	dockerfile_release(&source->file);
	diags_release(&source->diags);
	free(source->ignore_name);
	str_release(&source->ignore_text);
	ignore_free(source->ignore);
}

static int find_dockerfile(const struct build_request *request, const struct build_board *board,
			   struct build_source *source, struct err *err)
{
	const struct dockerfile_question question = {
		.dir = request->dockerfile ? "." : request->context_dir,
		.name = request->dockerfile,
		.board = board ? board->slug : NULL,
		.arch = board ? board->arch : NULL,
	};
	AUTO(dockerfile_choice_release) struct dockerfile_choice choice = { .path = NULL };

	if (dockerfile_choose(&question, &choice, err) < 0)
		return -1;
	source->is_template = choice.is_template;
	if (request->dockerfile) {
		source->dockerfile_name = TAKE(choice.path);
	} else {
		AUTO(freep) char *path = path_join(request->context_dir, choice.path);

		source->dockerfile_name = path_clean(path);
	}
	return 0;
}

static int expand_template(const struct build_board *board, struct build_source *source,
			   struct err *err)
{
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	build_board_template_values(board, &values);
	if (dockerfile_template_expand(str_span(&source->text), source->dockerfile_name, &values,
				       &text, err) < 0)
		return -1;
	str_release(&source->text);
	source->text = text;
	text = (struct str)STR_INIT;
	return 0;
}

static int read_dockerfile(const struct build_board *board, struct build_source *source,
			   struct err *err)
{
	int parsed;

	if (fs_read_file(AT_FDCWD, source->dockerfile_name, LIMIT_DOCKERFILE, &source->text, err) <
	    0)
		return err_wrap(err, "read Dockerfile");
	if (source->is_template && expand_template(board, source, err) < 0)
		return -1;
	diags_init(&source->diags, source->dockerfile_name, str_span(&source->text));
	parsed = dockerfile_parse(str_span(&source->text), &source->file, &source->diags);
	(void)parsed; /* the errors are among the diags, and shown with those of the checks */
	source->parse_diags = source->diags.len;
	return 0;
}

static char *find_ignore_file(const struct build_source *source)
{
	AUTO(freep) char *own = xasprintf("%s.dockerignore", source->dockerfile_name);
	AUTO(freep) char *common = path_join(source->context_dir, ".dockerignore");

	if (fs_exists(AT_FDCWD, own))
		return TAKE(own);
	return fs_exists(AT_FDCWD, common) ? TAKE(common) : NULL;
}

static int read_ignore_file(struct build_source *source, struct err *err)
{
	AUTO(freep) char *path = find_ignore_file(source);

	if (!path)
		return 0;
	if (fs_read_file(AT_FDCWD, path, LIMIT_IGNORE_FILE, &source->ignore_text, err) < 0)
		return err_wrap(err, "read ignore file");
	source->ignore_name = xstrdup(path_base(path));
	return ignore_parse(str_span(&source->ignore_text), source->ignore_name, &source->ignore,
			    err);
}

static int check_context(const char *dir, struct err *err)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return err_errno(err, "build context '%s'", dir);
	if (S_ISDIR(st.st_mode))
		return 0;
	(void)err_set(err, ERR_INPUT, "build context '%s' is not a directory", dir);
	return err_hint(err, "give the directory; the Dockerfile is named with -f");
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

int build_source_read(const struct build_request *request, const struct build_board *board,
		      struct build_source *ret, struct err *err)
{
	if (check_context(request->context_dir, err) < 0 ||
	    fs_realpath(request->context_dir, &ret->context_dir, err) < 0 ||
	    find_dockerfile(request, board, ret, err) < 0 || read_dockerfile(board, ret, err) < 0)
		return -1;
	return read_ignore_file(ret, err);
}
