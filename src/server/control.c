/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the operator's commands on a socket that only its owner may open. */
#include "server/control.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "decision/memory.h"
#include "json/json.h"
#include "json/writer.h"

#define LINE_MAX_SIZE 4096
#define ANSWER_MAX 16384
#define PATIENCE_MS 2000
#define TALK_COUNT_MAX 16

/* One connection: reads a line, answers, ends. */
struct talk {
	struct loop_watch watch;
	struct loop_timer timer;
	struct list link;
	struct control *control;
	struct buf input;
};

struct control {
	struct loop *loop;
	struct loop_watch watch;
	struct sockaddr_un address;
	struct list talks;
	size_t talk_count;
};

static void talk_end(struct talk *talk)
{
	struct control *control = talk->control;

	loop_watch_remove(control->loop, &talk->watch);
	loop_timer_cancel(control->loop, &talk->timer);
	list_remove(&talk->link);
	control->talk_count--;
	close(talk->watch.fd);
	buf_wipe(&talk->input);
	free(talk);
}

static void talk_late(struct loop_timer *timer)
{
	talk_end(HOLDER_OF(timer, struct talk, timer));
}

static void write_error(struct buf *answer, const char *what)
{
	struct json_writer writer = {.buf = answer};

	answer->size = 0;
	json_open_object(&writer);
	json_member_string(&writer, "error", what);
	json_close_object(&writer);
}

static void answer_explain(struct text request, struct buf *answer)
{
	if (!text_is_present(request))
		write_error(answer, "\"request\" is missing");
	else if (!decision_memory_find(request, answer))
		write_error(answer, "no such request in memory");
}

static void answer_line(struct text line, struct buf *answer)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *root;

	if (json_parse(line, LINE_MAX_SIZE, &document, NULL) != DONE) {
		write_error(answer, "not a line of JSON");
		return;
	}
	root = json_root(document);
	if (text_equal(json_text(json_find(root, "command")), TEXT("explain")))
		answer_explain(json_text(json_find(root, "request")), answer);
	else
		write_error(answer, "no such command");
}

static void talk_answer(struct talk *talk, struct text line)
{
	CLEANUP(buf_wipe) struct buf answer = buf_init(ANSWER_MAX);
	ssize_t sent;

	answer_line(line, &answer);
	buf_add_byte(&answer, '\n');
	do
		sent = send(talk->watch.fd, answer.at, answer.size,
			    MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	talk_end(talk);
}

static void talk_ready(struct loop_watch *watch, uint32_t events)
{
	struct talk *talk = HOLDER_OF(watch, struct talk, watch);
	char *at = buf_reserve(&talk->input, 512);
	ssize_t size;
	size_t end;

	if (at == NULL) {
		talk_end(talk);
		return;
	}
	size = recv(watch->fd, at, 512, MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		talk_end(talk);
		return;
	}
	buf_advance(&talk->input, (size_t)size);
	end = text_find_byte(buf_text(&talk->input), '\n');
	if (end < talk->input.size)
		talk_answer(talk, text_first(buf_text(&talk->input), end));
}

static void talk_begin(struct control *control, int fd)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	MUST(talk != NULL);
	talk->control = control;
	talk->watch = (struct loop_watch){.fd = fd, .ready = talk_ready};
	talk->timer = (struct loop_timer){.fired = talk_late};
	talk->input = buf_init(LINE_MAX_SIZE);
	list_append(&control->talks, &talk->link);
	control->talk_count++;
	if (loop_watch_add(control->loop, &talk->watch, EPOLLIN) != DONE) {
		talk_end(talk);
		return;
	}
	loop_timer_set(control->loop, &talk->timer, PATIENCE_MS);
}

static void accept_ready(struct loop_watch *watch, uint32_t events)
{
	struct control *control = HOLDER_OF(watch, struct control, watch);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (control->talk_count == TALK_COUNT_MAX)
		close(fd);
	else
		talk_begin(control, fd);
}

static bool fill_address(struct sockaddr_un *address, const char *path)
{
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return false;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}

/* The mode holds from the first moment: umask is 077. */
static bool listen_at(int fd, const struct sockaddr_un *address)
{
	unlink(address->sun_path);
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		       0 &&
	       chmod(address->sun_path, 0600) == 0 && listen(fd, 8) == 0;
}

outcome control_open(struct loop *loop, const char *folder,
		     struct control **control_out, const char **why_out)
{
	CLEANUP(control_close)
	struct control *control = calloc(1, sizeof(*control));
	char path[512];

	MUST(control != NULL);
	control->loop = loop;
	list_init(&control->talks);
	control->watch = (struct loop_watch){.fd = -1, .ready = accept_ready};
	snprintf(path, sizeof(path), "%s/control-%ld.sock", folder,
		 (long)getpid());
	if (!fill_address(&control->address, path)) {
		*why_out = "the control socket's path is too long: choose a "
			   "shorter control.folder";
		return REFUSED;
	}
	control->watch.fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->watch.fd < 0 ||
	    !listen_at(control->watch.fd, &control->address) ||
	    loop_watch_add(loop, &control->watch, EPOLLIN) != DONE) {
		*why_out = "the control socket cannot be made: may this user "
			   "write into control.folder?";
		return REFUSED;
	}
	*control_out = TAKE(control);
	return DONE;
}

void control_close(struct control **control)
{
	struct control *old = TAKE(*control);
	struct list *link;

	if (old == NULL)
		return;
	while ((link = old->talks.next) != &old->talks)
		talk_end(HOLDER_OF(link, struct talk, link));
	if (old->watch.fd >= 0) {
		if (old->watch.wanted != 0)
			loop_watch_remove(old->loop, &old->watch);
		close(old->watch.fd);
		unlink(old->address.sun_path);
	}
	free(old);
}

static bool answers(const char *path)
{
	struct sockaddr_un address = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_there;

	if (fd < 0)
		return false;
	is_there = fill_address(&address, path) &&
		   connect(fd, (struct sockaddr *)&address, sizeof(address)) ==
			   0;
	close(fd);
	return is_there;
}

bool control_is_anybody_there(const char *folder)
{
	char pattern[512];
	glob_t found;
	bool is_there = false;

	snprintf(pattern, sizeof(pattern), "%s/control-*.sock", folder);
	if (glob(pattern, GLOB_NOESCAPE, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !is_there; i++)
		is_there = answers(found.gl_pathv[i]);
	globfree(&found);
	return is_there;
}
