#include "registry/login.h"

#include <string.h>

#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "image/reference.h"

#define HUB_SERVER "index.docker.io"

/* --- which registry --- */

static bool is_hub(const char *host)
{
	return str_eq(host, HUB_SERVER) || str_eq(host, "registry-1.docker.io");
}

int login_host_parse(const char *text, char **ret, struct err *err)
{
	const char *scheme_end = strstr(text, "://");
	struct span rest = span_of(scheme_end ? scheme_end + 3 : text), first;
	AUTO(freep) char *host = NULL, *probe = NULL;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	(void)span_cut(&rest, '/', &first);
	host = span_dup(first);
	if (rest.len > 0 && !span_eq(rest, "v1/") && !span_eq(rest, "v2/") &&
	    !span_eq(rest, "v1") && !span_eq(rest, "v2")) {
		err_set(err, ERR_USAGE, "'%s' is not the name of a registry", text);
		return err_hint(err, "the registry alone: '%s'", host);
	}
	if (is_hub(host)) {
		*ret = xstrdup("docker.io");
		return 0;
	}
	/* what stands in front of a repository's name */
	probe = xasprintf("%s/x", host);
	if (!*host || image_ref_parse(probe, &ref, NULL) < 0 ||
	    (!str_eq(ref.host, host) && strchr(host, '.')))
		return err_set(err, ERR_USAGE, "'%s' is not the name of a registry", text);
	if (!str_eq(ref.host, host)) {
		err_set(err, ERR_USAGE, "'%s' is not the name of a registry", text);
		return err_hint(err,
				"without a dot or a port it would be a name at docker.io: write "
				"'%s:5000' or '%s.example.com'",
				host, host);
	}
	*ret = TAKE(host);
	return 0;
}

/* --- asking --- */

int registry_check_login(struct registry *registry, const struct login_request *request,
			 enum login_check *ret, char **ret_identity, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(credentials_release)
	struct credentials login = { .username = xstrdup(request->username),
				     .password = xstrdup(request->password) };
	AUTO(call_release) struct call call;

	call_init_login(&call, registry, request->host, &login);
	call.method = HTTP_GET;
	call.path = "/v2/";
	if (call_perform(&call, err) < 0)
		return -1;
	*ret = call.challenges > 0 ? LOGIN_ACCEPTED : LOGIN_NOT_ASKED_FOR;
	/* some have nothing at this place, and ask for credentials at repositories only */
	if (call.request.status != 200 && call.request.status != 404 && call.request.status != 405)
		return failure_of_status(&call, "the registry", err);
	*ret_identity = TAKE(call.refresh);
	return 0;
}
