/* SPDX-License-Identifier: Apache-2.0 */
/* URIs: the parts, put together again, are the text. */
#include "base/buf.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_part(struct buf *buf, const char *mark, struct text part)
{
	if (!text_is_present(part))
		return;
	buf_add_string(buf, mark);
	buf_add(buf, part);
}

static void add_uri(struct buf *buf, const struct uri *uri)
{
	buf_add(buf, uri->scheme);
	buf_add_byte(buf, ':');
	if (text_is_present(uri->authority)) {
		buf_add(buf, TEXT("//"));
		buf_add(buf, uri->userinfo);
		add_part(buf, text_is_present(uri->userinfo) ? "@" : "",
			 uri->host);
		add_part(buf, ":", uri->port);
	}
	buf_add(buf, uri->path);
	add_part(buf, "?", uri->query);
	add_part(buf, "#", uri->fragment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = text_of(data, size);
	struct buf again = buf_init(size + 16);
	struct text origin = uri_origin(text);
	struct uri uri;
	const char *why;

	(void)uri_host_is_loopback(text);
	if (uri_parse(text, &uri, &why) == DONE) {
		add_uri(&again, &uri);
		MUST(text_equal(buf_text(&again), text));
		MUST(text_starts_with(text, origin));
		(void)uri_host_is_loopback(uri.host);
	} else {
		MUST(why != NULL && !text_is_present(origin));
	}
	buf_wipe(&again);
	return 0;
}
