#include "http.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "libcurl.h"
#include "transfer.h"
#include "url.h"

struct http_timer {
	uint64_t due_ms;
	void (*fn)(void *data);
	void *data;
};

struct http_timers {
	struct http_timer *items;
	size_t len, cap;
};

/* At a place of its own: the thread points to it. */
struct http_work {
	struct http *http;
	void (*work)(void *data);
	void (*done)(void *data);
	void *data;
	pthread_t thread;
	atomic_bool is_over;
};

struct http_works {
	struct http_work **items;
	size_t len, cap;
};

struct http {
	CURLM *multi; /* NULL until the first exchange: many a command needs none */
	const struct monitor *monitor;
	struct transfer_limits limits;
	uint64_t rate_limit;
	struct http_timers timers;
	struct http_works works;
	struct transfer_list transfers;
	struct strmap http2_only; /* origins that do not take HTTP/1.1; no values */
};

struct http *http_new(const struct http_options *options)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->monitor = options->monitor;
	http->limits.stall_ms = 1000 * (options->stall_seconds ? options->stall_seconds : 30);
	http->rate_limit = options->rate_limit;
	http->limits.answer_ms = 1000 * (options->answer_seconds ? options->answer_seconds : 300);
	return http;
}

void http_freep(struct http **http)
{
	if (!*http)
		return;
	http_abort(*http);
	if ((*http)->multi)
		libcurl.multi_cleanup((*http)->multi);
	free((*http)->timers.items);
	free((*http)->works.items);
	free((*http)->transfers.items);
	strmap_release(&(*http)->http2_only);
	free(*http);
	*http = NULL;
}

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	};

	return names[method];
}

/* --- exchanges --- */

static void clear_answer(struct http_request *request)
{
	headers_clear(&request->answer_headers);
	str_release(&request->answer);
	err_clear(&request->err);
	request->status = 0;
	request->body_sent = 0;
	request->reason[0] = '\0';
	request->outcome = HTTP_ANSWERED;
}

static CURLM *multi_handle(struct http *http)
{
	if (http->multi)
		return http->multi;
	libcurl_load();
	http->multi = libcurl.multi_init();
	if (!http->multi)
		abort();
	return http->multi;
}

/* Among those that are under way, whatever they carry. */
static void share_rate(struct http *http)
{
	if (http->rate_limit == 0 || http->transfers.len == 0)
		return;
	http->limits.rate = http->rate_limit / http->transfers.len;
	VEC_FOREACH(transfer, &http->transfers)
		transfer_limit(*transfer);
}

static bool is_http2_only(const struct http *http, const char *url)
{
	AUTO(freep) char *origin = http->http2_only.len > 0 ? url_origin(url) : NULL;

	return origin && strmap_has(&http->http2_only, origin);
}

void http_start(struct http *http, struct http_request *request)
{
	CURLM *multi = multi_handle(http);

	clear_answer(request);
	str_init(&request->answer, 0);
	request->transfer = transfer_new(request, &http->limits, &http->transfers,
					 is_http2_only(http, request->url));
	share_rate(http);
	if (libcurl.multi_add_handle(multi, transfer_handle(request->transfer)) != CURLM_OK)
		abort();
}

static void drop_transfer(struct http_request *request)
{
	if (!request->transfer)
		return;
	transfer_free(request->transfer);
	request->transfer = NULL;
}

void http_request_release(struct http_request *request)
{
	drop_transfer(request);
	if (!request->answer.ptr)
		return;
	clear_answer(request);
}

static void drop_works(struct http *http)
{
	while (http->works.len > 0) {
		struct http_work *work = http->works.items[--http->works.len];

		pthread_join(work->thread, NULL);
		free(work);
	}
}

void http_abort(struct http *http)
{
	http->timers.len = 0;
	drop_works(http);
	while (http->transfers.len > 0)
		drop_transfer(transfer_request(http->transfers.items[http->transfers.len - 1]));
}

/* Our choice of HTTP/1.1 is not the caller's concern: the same exchange again, without it. */
static bool start_by_http2(struct http *http, const struct transfer *transfer)
{
	struct http_request *request = transfer_request(transfer);
	AUTO(freep) char *origin = transfer_lacks_http2(transfer) ? url_origin(request->url) : NULL;

	if (!origin)
		return false;
	strmap_set(&http->http2_only, origin, NULL);
	drop_transfer(request);
	http_start(http, request);
	return true;
}

static void finish_transfers(struct http *http)
{
	int left = 0;
	CURLMsg *message;

	while ((message = libcurl.multi_info_read(http->multi, &left))) {
		struct transfer *transfer = NULL;
		struct http_request *request;

		if (message->msg != CURLMSG_DONE)
			continue;
		libcurl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		request = transfer_request(transfer);
		transfer_finish(transfer, message->data.result);
		if (start_by_http2(http, transfer))
			continue;
		drop_transfer(request);
		share_rate(http);
		if (request->done)
			request->done(request, request->data);
	}
}

/* --- timers --- */

void http_after(struct http *http, unsigned delay_ms, void (*fn)(void *data), void *data)
{
	*VEC_ADD(&http->timers) = (struct http_timer){
		.due_ms = monotonic_ms() + delay_ms,
		.fn = fn,
		.data = data,
	};
}

static void fire_timers(struct http *http)
{
	uint64_t now = monotonic_ms();

	for (size_t i = 0; i < http->timers.len;) {
		struct http_timer timer = http->timers.items[i];

		if (timer.due_ms > now) {
			i++;
			continue;
		}
		http->timers.items[i] = http->timers.items[--http->timers.len];
		timer.fn(timer.data);
	}
}

static int time_to_wait(const struct http *http)
{
	uint64_t now = monotonic_ms(), wait = 1000;

	VEC_FOREACH(timer, &http->timers) {
		uint64_t left = timer->due_ms > now ? timer->due_ms - now : 0;

		if (left < wait)
			wait = left;
	}
	return (int)wait;
}

/* --- work in other threads --- */

static void *run_work(void *data)
{
	struct http_work *work = data;
	CURLM *multi = work->http->multi;

	work->work(work->data);
	atomic_store(&work->is_over, true);
	libcurl.multi_wakeup(multi);
	return NULL;
}

void http_offload(struct http *http, void (*work)(void *data), void (*done)(void *data), void *data)
{
	struct http_work *item = xcalloc(1, sizeof(*item));
	sigset_t all, before;

	(void)multi_handle(http); /* which the thread wakes */
	*item = (struct http_work){ .http = http, .work = work, .done = done, .data = data };
	*VEC_ADD(&http->works) = item;
	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&item->thread, NULL, run_work, item) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void finish_works(struct http *http)
{
	for (size_t i = 0; i < http->works.len;) {
		struct http_work *work = http->works.items[i];

		if (!atomic_load(&work->is_over)) {
			i++;
			continue;
		}
		http->works.items[i] = http->works.items[--http->works.len];
		pthread_join(work->thread, NULL);
		work->done(work->data);
		free(work);
	}
}

/* --- the loop --- */

static int wait_for_something(struct http *http)
{
	struct curl_waitfd cancel = { .fd = -1, .events = CURL_WAIT_POLLIN };
	unsigned extra = 0;

	if (http->monitor && http->monitor->cancel_fd >= 0) {
		cancel.fd = http->monitor->cancel_fd;
		extra = 1;
	}
	return libcurl.multi_poll(http->multi, &cancel, extra, time_to_wait(http), NULL);
}

static bool is_idle(const struct http *http)
{
	return http->transfers.len == 0 && http->timers.len == 0 && http->works.len == 0;
}

static int run(struct http *http, struct err *err)
{
	int running = 0;

	while (!is_idle(http)) {
		CURLMcode code;

		if (monitor_check(http->monitor, err) < 0)
			return -1;
		fire_timers(http);
		finish_works(http);
		if (is_idle(http))
			break;
		code = libcurl.multi_perform(multi_handle(http), &running);
		if (code == CURLM_OK) {
			size_t before = http->transfers.len;

			finish_transfers(http);
			if (http->transfers.len != before || (size_t)running != http->transfers.len)
				continue;
			code = wait_for_something(http);
		}
		if (code != CURLM_OK)
			return err_set(err, ERR_SYSTEM, "libcurl: %s",
				       libcurl.multi_strerror(code));
	}
	return 0;
}

int http_run(struct http *http, struct err *err)
{
	if (run(http, err) == 0)
		return 0;
	http_abort(http);
	return -1;
}
