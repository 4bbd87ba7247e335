/* SPDX-License-Identifier: Apache-2.0 */
/* `licet import`: a document of tenants, users, clients, resources. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "loop/clock.h"
#include "profile/profile.h"
#include "registry/registry.h"

static const struct profile *const profiles[] = {
	&profile_rfc,
	&profile_auth0,
	&profile_asgardeo,
};

static outcome read_all(int fd, struct buf *document)
{
	ssize_t got;

	do {
		char *at = buf_reserve(document, 64 * 1024);

		if (at == NULL) {
			errno = EFBIG;
			return REFUSED;
		}
		got = read(fd, at, 64 * 1024);
		if (got < 0)
			return REFUSED;
		buf_advance(document, (size_t)got);
	} while (got > 0);
	return DONE;
}

/* "-" is standard input. */
static outcome read_file(const char *file, struct buf *document,
			 struct buf *why)
{
	bool is_input = strcmp(file, "-") == 0;
	int fd = is_input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	outcome result = fd < 0 ? REFUSED : read_all(fd, document);

	if (result != DONE)
		buf_format(why, "%s: cannot be read: %s\n", file,
			   strerror(errno));
	if (fd >= 0 && !is_input)
		close(fd);
	return result;
}

/* Each line with the file's name before it. */
static void print_lines(FILE *out, const char *file, const struct buf *lines)
{
	struct text rest = buf_text(lines);
	struct text line;

	while (text_cut(&rest, '\n', &line))
		if (line.size > 0)
			fprintf(out, "%s: %.*s\n", file, TEXT_ARG(line));
}

static void print_more(const char *file, const struct buf *lines, size_t count,
		       const char *what)
{
	size_t told = 0;

	for (size_t i = 0; i < lines->size; i++)
		told += lines->at[i] == '\n';
	if (told < count)
		fprintf(stderr, "%s: %zu more %s\n", file, count - told, what);
}

static int print_report(const char *file, outcome imported,
			const struct registry_report *report)
{
	print_lines(stderr, file, report->warnings);
	print_more(file, report->warnings, report->warning_count, "warnings");
	print_lines(stderr, file, report->mistakes);
	print_more(file, report->mistakes, report->mistake_count, "mistakes");
	if (imported != DONE) {
		fprintf(stderr, "%s: nothing was imported\n", file);
		return COMMAND_FAILED;
	}
	printf("imported: %zu tenants, %zu users, %zu clients, %zu resources\n",
	       report->tenant_count, report->user_count, report->client_count,
	       report->resource_count);
	return report->behind_count == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

static int import_document(const struct command_line *line,
			   const struct place *place,
			   const struct buf *document)
{
	CLEANUP(buf_wipe)
	struct buf mistakes = buf_init(REGISTRY_SENTENCES_MAX);
	CLEANUP(buf_wipe)
	struct buf warnings = buf_init(REGISTRY_SENTENCES_MAX);
	struct registry_report report = {.mistakes = &mistakes,
					 .warnings = &warnings};
	const struct registry registry = {
		.store = place->store,
		.master = place->master,
		.profiles = profiles,
		.profile_count = COUNT_OF(profiles),
		.now = clock_now(),
		.allows_weak_secrets = command_value(line, 'w') != NULL,
	};
	outcome imported = registry_import(&registry, buf_text(document),
					   text_from(command_value(line, 't')),
					   &report);

	return print_report(line->words[0], imported, &report);
}

static void tell_away(uint16_t number, const char *why_away)
{
	fprintf(stderr, "shard %u is away: %s\n", number, why_away);
}

int cli_import(const struct command_line *line)
{
	CLEANUP(buf_wipe)
	struct buf document = buf_init(REGISTRY_SIZE_MAX + 128 * 1024);
	CLEANUP(buf_wipe) struct buf why = buf_init(CONFIG_MISTAKES_MAX);
	CLEANUP(place_close) struct place place = {0};

	if (read_file(line->words[0], &document, &why) != DONE ||
	    place_open(line, &place, &why) != DONE)
		return place_failed(&why);
	place_open_shards(&place, false, tell_away);
	return import_document(line, &place, &document);
}
