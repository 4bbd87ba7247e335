/* SPDX-License-Identifier: Apache-2.0 */
/* Reads which proxies a listener trusts, and the secret they prove it by. */
#include "server/edge_options.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Less could be guessed. */
#define KEY_SIZE_MIN 16

static outcome read_networks(struct text list, size_t index,
			     struct edge_options *options, struct buf *why)
{
	struct text rest = list;
	struct text word;

	while (text_next_word(&rest, &word)) {
		size_t at = options->edge.trusted_count;

		if (at == EDGE_NETWORK_COUNT_MAX ||
		    !http_network_parse(word, &options->networks[at])) {
			buf_format(why,
				   "listeners[%zu].trusted_peers: \"%.*s\" is "
				   "no address and no network such as "
				   "10.0.0.0/8, or is one more than %d\n",
				   index, TEXT_ARG(text_first(word, 64)),
				   EDGE_NETWORK_COUNT_MAX);
			return REFUSED;
		}
		options->edge.trusted_count++;
	}
	options->edge.trusted = options->networks;
	return DONE;
}

/* One line; the newline that editors put behind it is not part of it. */
static outcome read_key(const char *file, struct edge_options *options,
			struct buf *why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1
			      : read(fd, options->key, sizeof(options->key));

	if (fd >= 0)
		close(fd);
	if (size > 0 && options->key[size - 1] == '\n')
		size--;
	options->edge.key = text_of(options->key, size > 0 ? (size_t)size : 0);
	if (size >= KEY_SIZE_MIN && size < (ssize_t)sizeof(options->key) &&
	    !text_has_control(options->edge.key))
		return DONE;
	buf_format(why,
		   "%s: an edge's key is one line of %d to %zu visible "
		   "characters (%s)\n",
		   file, KEY_SIZE_MIN, sizeof(options->key) - 1,
		   size < 0 ? strerror(errno) : "it is not");
	return REFUSED;
}

outcome edge_options_read(const struct config *config, size_t index,
			  struct edge_options *options_out, struct buf *why)
{
	struct http_edge *edge = &options_out->edge;
	const char *key_file =
		config_item_string(config, "listeners[].edge_key_file", index);

	edge->convention =
		http_certificate_convention_find(text_from(config_item_string(
			config, "listeners[].certificate_convention", index)));
	MUST(edge->convention < HTTP_CERTIFICATE_CONVENTIONS);
	edge->reads_forwarded_for =
		config_item_boolean(config, "listeners[].forwarded_for", index);
	TRY(read_networks(text_from(config_item_string(
				  config, "listeners[].trusted_peers", index)),
			  index, options_out, why));
	if (edge->convention != HTTP_CERTIFICATE_AUTH0)
		return DONE;
	if (key_file != NULL)
		return read_key(key_file, options_out, why);
	buf_format(why,
		   "listeners[%zu].edge_key_file: certificate_convention "
		   "auth0 needs the secret that the edge sends as "
		   "cname-api-key\n",
		   index);
	return REFUSED;
}
