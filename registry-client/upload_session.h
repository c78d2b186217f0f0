/*
 * The bytes of one blob into one repository (distribution-spec, "Pushing blobs"): a session is
 * opened by POST, and the whole blob sent by a single PUT, the one form that every registry takes.
 * When that is interrupted, the registry is asked what it has, and the rest is sent by PATCH; the
 * session's address outlives the process (upload_record.h).
 */
#ifndef REGISTRY_UPLOAD_SESSION_H
#define REGISTRY_UPLOAD_SESSION_H

#include "call.h"
#include "upload_record.h"

enum session_end {
	SESSION_STORED,
	SESSION_LOST, /* the registry cannot go on with it; it may even have the blob by now */
	SESSION_FAILED,
};

struct upload_session {
	/* borrowed */
	struct registry *registry;
	struct store *store;
	const struct image_ref *ref;
	const struct descriptor *blob;
	const char *object; /* what messages call it */
	/* How much of the blob is on its way or there. */
	void (*sent)(void *data, uint64_t bytes);
	/* `err` is filled for SESSION_FAILED. The session may be opened anew from here. */
	void (*done)(void *data, enum session_end end, struct err *err);
	void *data;

	/* private */
	struct call call;
	struct upload_record *record;
	char *uploads_path, *status_url, *closing_url;
	int fd;
	uint64_t acknowledged; /* bytes that the registry said it has */
	uint64_t part_size;    /* of the PATCH under way */
	uint64_t part_limit;   /* 0 = none */
	uint64_t part_minimum; /* by its OCI-Chunk-Min-Length */
	unsigned attempts;     /* without progress */
	unsigned losses;
	bool distrusted; /* it does not count right: no more parts */
	bool refused;    /* the last part, as too large or out of place */
	bool continued;  /* the registry's own count went into it */
};

/* After the caller has filled the first part. */
void upload_session_init(struct upload_session *session);
void upload_session_release(struct upload_session *session);

/* By POST. */
void upload_session_open(struct upload_session *session);
/* By the 202 of a mount that the registry did not make. */
void upload_session_adopt(struct upload_session *session, const struct call *answered);
/*
 * The one that an earlier run left. False when there is none: nothing happens then. SESSION_LOST if
 * it is gone.
 */
bool upload_session_resume(struct upload_session *session);

/*
 * The offset behind "FIRST-LAST" or "bytes=FIRST-LAST" of an upload's Range header, whose first byte
 * must be 0. False for anything else.
 */
bool upload_range_parse(const char *header, uint64_t *ret_offset);

#endif
