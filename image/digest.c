#include "image/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static const struct algorithm {
	const char *name, *prefix;
	size_t hex_len;
} algorithms[] = {
	[DIGEST_SHA256] = { "sha256", "sha256:", 64 },
	[DIGEST_SHA512] = { "sha512", "sha512:", 128 },
};

static int check_hex(const struct algorithm *algorithm, const char *hex, struct err *err)
{
	size_t len = strlen(hex);

	if (len != algorithm->hex_len)
		return err_set(err, ERR_INPUT, "a %s digest has %zu digits, not %zu",
			       algorithm->name, algorithm->hex_len, len);
	if (strspn(hex, "0123456789abcdef") != len)
		return err_set(err, ERR_INPUT, "a digest has the digits 0-9 and a-f only");
	return 0;
}

int digest_parse(const char *text, struct digest *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		const struct algorithm *algorithm = &algorithms[i];
		size_t prefix_len = strlen(algorithm->prefix);

		if (strncmp(text, algorithm->prefix, prefix_len) != 0)
			continue;
		if (check_hex(algorithm, text + prefix_len, err) < 0)
			return err_wrap(err, "'%.200s'", text);
		memcpy(ret->text, text, prefix_len + algorithm->hex_len + 1);
		return 0;
	}
	err_set(err, ERR_INPUT, "'%.200s' is not a digest", text);
	return err_hint(err, "a digest is 'sha256:' and 64 hexadecimal digits");
}

bool digest_is_set(const struct digest *digest)
{
	return digest->text[0] != '\0';
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

enum digest_algorithm digest_algorithm_of(const struct digest *digest)
{
	return str_has_prefix(digest->text, "sha512:") ? DIGEST_SHA512 : DIGEST_SHA256;
}

const char *digest_algorithm_name(enum digest_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

const char *digest_hex(const struct digest *digest)
{
	const char *colon = strchr(digest->text, ':');

	return colon ? colon + 1 : "";
}

void digest_of(const void *data, size_t len, struct digest *ret)
{
	AUTO(hasher_freep) struct hasher *hasher = hasher_new(DIGEST_SHA256);

	hasher_update(hasher, data, len);
	hasher_finish(hasher, ret);
}

struct hasher {
	EVP_MD_CTX *ctx;
	enum digest_algorithm algorithm;
};

/* Fetched once: a look-up by name for every hash costs more than hashing a small blob. */
static EVP_MD *message_digests[ARRAY_SIZE(algorithms)];
static pthread_once_t message_digests_once = PTHREAD_ONCE_INIT;

static void fetch_message_digests(void)
{
	message_digests[DIGEST_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
	message_digests[DIGEST_SHA512] = EVP_MD_fetch(NULL, "SHA512", NULL);
}

/* OpenSSL's calls fail only where it was built without the algorithm: nothing here can work then. */
static void must(int ok)
{
	if (!ok)
		abort();
}

struct hasher *hasher_new(enum digest_algorithm algorithm)
{
	struct hasher *hasher = xcalloc(1, sizeof(*hasher));

	pthread_once(&message_digests_once, fetch_message_digests);
	hasher->algorithm = algorithm;
	hasher->ctx = EVP_MD_CTX_new();
	must(hasher->ctx && EVP_DigestInit_ex2(hasher->ctx, message_digests[algorithm], NULL));
	return hasher;
}

void hasher_free(struct hasher *hasher)
{
	if (!hasher)
		return;
	EVP_MD_CTX_free(hasher->ctx);
	free(hasher);
}

void hasher_freep(struct hasher **hasher)
{
	hasher_free(*hasher);
}

void hasher_update(struct hasher *hasher, const void *data, size_t len)
{
	must(EVP_DigestUpdate(hasher->ctx, data, len));
}

void hasher_finish(struct hasher *hasher, struct digest *ret)
{
	static const char digits[] = "0123456789abcdef";
	const struct algorithm *algorithm = &algorithms[hasher->algorithm];
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned raw_len = 0;
	char *out = ret->text + strlen(algorithm->prefix);

	must(EVP_DigestFinal_ex(hasher->ctx, raw, &raw_len) &&
	     (size_t)raw_len * 2 == algorithm->hex_len);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->text, algorithm->prefix, strlen(algorithm->prefix));
	for (unsigned i = 0; i < raw_len; i++) {
		*out++ = digits[raw[i] >> 4];
		*out++ = digits[raw[i] & 15];
	}
	must(EVP_DigestInit_ex2(hasher->ctx, message_digests[hasher->algorithm], NULL));
}
