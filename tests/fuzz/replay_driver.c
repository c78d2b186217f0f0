/*
 * Runs a fuzz target without a fuzzer: over every file of a corpus directory, then over inputs derived from them by a
 * fixed seed. When the target aborts, the input is left behind as "crash-input" in the working directory.
 *
 *	NAME_fuzz CORPUS-DIRECTORY-OR-FILE...
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GENERATED_INPUTS 1000
#define INPUT_MAX        65536
#define FIRST_SEED       0x9e3779b97f4a7c15u

struct input {
	uint8_t *data;
	size_t len;
};

static struct {
	struct input *items;
	size_t len;
} corpus;

static struct input current; /* what on_abort() saves */
static uint64_t random_state = FIRST_SEED;

/* splitmix64: small, and the same numbers everywhere. */
static uint64_t random_next(void)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t random_below(size_t bound)
{
	return bound ? (size_t)(random_next() % bound) : 0;
}

static void on_abort(int sig)
{
	int fd = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	(void)sig;
	if (fd >= 0 && write(fd, current.data, current.len) >= 0)
		close(fd);
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* A copy of exactly the input's size, so that a sanitizer sees a read past its end. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		exit(1);
	memcpy(copy, data, len);
	current = (struct input){ .data = copy, .len = len };
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void add_file(const char *path)
{
	struct input *items = realloc(corpus.items, (corpus.len + 1) * sizeof(*items));
	FILE *f = fopen(path, "rbe");
	struct stat st;

	if (!items || !f || fstat(fileno(f), &st) < 0) {
		perror(path);
		exit(1);
	}
	corpus.items = items;
	struct input in = { .data = malloc((size_t)st.st_size + 1) };
	if (!in.data)
		exit(1);
	in.len = fread(in.data, 1, (size_t)st.st_size, f);
	fclose(f);
	corpus.items[corpus.len++] = in;
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void add_path(const char *path)
{
	struct dirent **names = NULL;
	char name[4096];
	int n = scandir(path, &names, is_visible, alphasort);

	if (n < 0) {
		add_file(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, names[i]->d_name);
		add_file(name);
		free(names[i]);
	}
	free(names);
}

static void mutate_once(struct input *in)
{
	size_t at = random_below(in->len + 1), count = 1 + random_below(8);

	if (random_below(4) == 0 && corpus.len > 0) { /* a piece of another input */
		const struct input *other = &corpus.items[random_below(corpus.len)];
		size_t from = random_below(other->len + 1);

		count = random_below(other->len - from + 1);
		if (count > INPUT_MAX - at)
			count = INPUT_MAX - at;
		memcpy(in->data + at, other->data + from, count);
		in->len = at + count > in->len ? at + count : in->len;
	} else if (random_below(3) == 0 && in->len + count <= INPUT_MAX) { /* insert */
		memmove(in->data + at + count, in->data + at, in->len - at);
		for (size_t i = 0; i < count; i++)
			in->data[at + i] = (uint8_t)random_next();
		in->len += count;
	} else if (random_below(2) == 0) { /* delete */
		count = count > in->len - at ? in->len - at : count;
		memmove(in->data + at, in->data + at + count, in->len - at - count);
		in->len -= count;
	} else if (at < in->len) {
		in->data[at] ^= (uint8_t)(1u << random_below(8));
	}
}

static void run_generated(void)
{
	static uint8_t buffer[INPUT_MAX];
	struct input in = { .data = buffer };

	in.len = 0;
	if (corpus.len > 0 && random_below(8) != 0) {
		const struct input *seed = &corpus.items[random_below(corpus.len)];

		in.len = seed->len < INPUT_MAX ? seed->len : INPUT_MAX;
		memcpy(in.data, seed->data, in.len);
		for (size_t i = 1 + random_below(6); i > 0; i--)
			mutate_once(&in);
	} else {
		in.len = random_below(512);
		for (size_t i = 0; i < in.len; i++)
			in.data[i] = (uint8_t)random_next();
	}
	run(in.data, in.len);
}

int main(int argc, char **argv)
{
	struct stat st;

	signal(SIGABRT, on_abort);
	for (int i = 1; i < argc; i++)
		if (stat(argv[i], &st) == 0)
			add_path(argv[i]);
	for (size_t i = 0; i < corpus.len; i++)
		run(corpus.items[i].data, corpus.items[i].len);
	for (unsigned i = 0; i < GENERATED_INPUTS; i++)
		run_generated();
	printf("%zu inputs of the corpus, %u generated\n", corpus.len, GENERATED_INPUTS);
	for (size_t i = 0; i < corpus.len; i++)
		free(corpus.items[i].data);
	free(corpus.items);
	return 0;
}
