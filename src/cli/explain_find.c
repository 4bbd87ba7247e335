/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a decision: running servers first, then the event log. */
#include <dirent.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/explain.h"
#include "json/json.h"
#include "json/writer.h"

#define ANSWER_SECONDS 2

static int connect_to(const char *file)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = ANSWER_SECONDS};
	int fd;

	if (strlen(file) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, file, strlen(file));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		    0)
		return fd;
	close(fd);
	return -1;
}

static bool send_question(int fd, const char *request)
{
	CLEANUP(buf_wipe) struct buf question = buf_init(1024);
	struct json_writer writer = {.buf = &question};

	json_open_object(&writer);
	json_member_string(&writer, "command", "explain");
	json_member_string(&writer, "request", request);
	json_close_object(&writer);
	buf_add_byte(&question, '\n');
	return !question.is_over &&
	       send(fd, question.at, question.size, MSG_NOSIGNAL) ==
		       (ssize_t)question.size;
}

/* Up to the newline, which is dropped, or the end. */
static bool receive_line(int fd, struct buf *line)
{
	ssize_t got;

	do {
		char *at = buf_reserve(line, 1024);

		if (at == NULL)
			return false;
		got = recv(fd, at, 1024, 0);
		if (got < 0)
			return false;
		buf_advance(line, (size_t)got);
	} while (got > 0 && line->at[line->size - 1] != '\n');
	if (line->size > 0 && line->at[line->size - 1] == '\n')
		line->size--;
	return line->size > 0;
}

/* Whether the line is the decision of that request. */
static bool is_decision(struct text line, const char *request)
{
	CLEANUP(json_document_free) struct json_document *document = NULL;
	const struct json *root;

	if (json_parse(line, EXPLAIN_LINE_MAX, &document, NULL) != DONE)
		return false;
	root = json_root(document);
	return text_equal(json_text(json_find(root, "event")),
			  TEXT("request.decided")) &&
	       text_equal(json_text(json_find(root, "request")),
			  text_from(request));
}

outcome explain_ask(const char *socket_file, const char *request,
		    struct buf *line)
{
	int fd = connect_to(socket_file);
	bool is_answered;

	if (fd < 0)
		return REFUSED;
	line->size = 0;
	is_answered = send_question(fd, request) && receive_line(fd, line);
	close(fd);
	return is_answered && is_decision(buf_text(line), request) ? DONE
								   : REFUSED;
}

outcome explain_search(const char *log_file, const char *request,
		       struct buf *line)
{
	FILE *log = fopen(log_file, "re");
	char read[EXPLAIN_LINE_MAX];
	outcome found = REFUSED;

	if (log == NULL)
		return REFUSED;
	while (fgets(read, sizeof(read), log) != NULL) {
		struct text text = text_from(read);

		if (text_ends_with(text, TEXT("\n")))
			text.size--;
		if (strstr(read, request) == NULL ||
		    !is_decision(text, request))
			continue;
		line->size = 0;
		buf_add(line, text);
		found = DONE;
	}
	fclose(log);
	return found;
}

static bool is_socket_name(const char *name)
{
	struct text text = text_from(name);

	return text_starts_with(text, TEXT("control-")) &&
	       text_ends_with(text, TEXT(".sock"));
}

/* The number of sockets that stand there, in *asked_out. */
static outcome ask_all(const char *folder, const char *request,
		       struct buf *line, size_t *asked_out)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	outcome found = REFUSED;
	char file[4096];

	*asked_out = 0;
	while (dir != NULL && found != DONE && (entry = readdir(dir)) != NULL) {
		if (!is_socket_name(entry->d_name))
			continue;
		snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
		found = explain_ask(file, request, line);
		(*asked_out)++;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

outcome explain_find(const struct site *site, const char *request,
		     struct buf *line, struct buf *why)
{
	size_t asked;

	if (ask_all(site->control_folder, request, line, &asked) == DONE ||
	    (site->log_file != NULL &&
	     explain_search(site->log_file, request, line) == DONE))
		return DONE;
	buf_format(why,
		   "licet explain: no decision of request \"%s\": asked %zu "
		   "control sockets in %s, ",
		   request, asked, site->control_folder);
	if (site->log_file != NULL)
		buf_format(why, "searched %s\n", site->log_file);
	else
		buf_add(why, TEXT("and there is no log.file to search\n"));
	return REFUSED;
}
