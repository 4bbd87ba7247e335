/* SPDX-License-Identifier: Apache-2.0 */
/* The socket floor: our own loop and HTTP, answering every request alike. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "http/http.h"
#include "http/listener.h"

#define BODY_SIZE_MAX 65536

struct floor {
	struct http_service service;
	char body[BODY_SIZE_MAX];
	size_t body_size;
};

/* What a token reply has, and as many bytes of it. */
static void answer(struct http_service *service,
		   const struct http_request *request, struct http_reply *reply)
{
	struct floor *floor = HOLDER_OF(service, struct floor, service);

	(void)request;
	reply->status = 200;
	http_reply_header(reply, "Content-Type", TEXT("application/json"));
	http_reply_header(reply, "Cache-Control", TEXT("no-store"));
	http_reply_header(reply, "Pragma", TEXT("no-cache"));
	http_reply_header(reply, "X-Request-Id",
			  TEXT("AAAAAAAAAAAAAAAAAAAAAA"));
	buf_add(&reply->body, text_of(floor->body, floor->body_size));
}

static outcome listen_on(struct loop *loop, struct floor *floor,
			 struct http_tls *tls, const char **why)
{
	struct http_listener_options options = {
		.address = "127.0.0.1",
		.port = 0,
		.tls = tls,
		.service = &floor->service,
		.allows_http2 = true,
		.limits = &http_limits_default,
	};
	struct http_listener *listener;

	TRY(http_listener_open(loop, &options, &listener, why));
	printf("%u\n", http_listener_port(listener));
	fflush(stdout);
	return DONE;
}

/* floor BODY-SIZE [CERTIFICATE KEY]: prints its port, and serves until killed. */
int main(int count, char **arguments)
{
	static struct floor floor = {.service = {.answer = answer}};
	struct http_tls *tls = NULL;
	struct loop *loop;
	const char *why = "usage: floor BODY-SIZE [CERTIFICATE KEY]";
	outcome done = count == 2 || count == 4 ? DONE : REFUSED;

	signal(SIGPIPE, SIG_IGN);
	if (done == DONE && crypto_open() != DONE)
		return 1;
	if (done == DONE) {
		floor.body_size = strtoul(arguments[1], NULL, 10);
		if (floor.body_size > BODY_SIZE_MAX)
			floor.body_size = BODY_SIZE_MAX;
		memset(floor.body, 'x', floor.body_size);
	}
	if (done == DONE && count == 4)
		done = http_tls_new(
			&(struct http_tls_options){
				.certificate_file = arguments[2],
				.key_file = arguments[3],
				.allows_http2 = true,
			},
			&tls, &why);
	loop = loop_new();
	if (done == DONE && loop != NULL)
		done = listen_on(loop, &floor, tls, &why);
	if (done != DONE || loop == NULL) {
		fprintf(stderr, "floor: %s\n", why);
		return 1;
	}
	loop_run(loop);
	return 0;
}
