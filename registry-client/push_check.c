#include <stdlib.h>

#include "base/alloc.h"
#include "call.h"
#include "failure.h"
#include "registry/repository.h"
#include "url.h"

/* An upload that is left open would be cleared away by the registry some day: it is only tidier so. */
static void cancel_upload(struct registry *registry, const struct image_ref *ref,
			  const char *location)
{
	AUTO(call_release) struct call call;

	call_init(&call, registry, ref, CALL_PUSH);
	call.method = HTTP_DELETE;
	call.path = location;
	(void)!call_perform(&call, NULL);
}

/* distribution-spec 1.1, "Pushing a blob in chunks": an upload that is begun is the only question about it that there is. */
int registry_check_push(struct registry *registry, const struct image_ref *ref, struct err *err)
{
	AUTO(freep) char *path = xasprintf("/v2/%s/blobs/uploads/", ref->repository);
	AUTO(call_release) struct call call;
	AUTO(freep) char *target = NULL;
	const char *location;

	call_init(&call, registry, ref, CALL_PUSH);
	call.method = HTTP_POST;
	call.path = path;
	if (call_perform(&call, err) < 0)
		return -1;
	location = call_header(&call, "Location");
	if (call.request.status != 202 || !location)
		return failure_of_status(&call, "the upload", err);
	if (url_resolve(call.url, location, &target, NULL) == 0)
		cancel_upload(registry, ref, target);
	return 0;
}
