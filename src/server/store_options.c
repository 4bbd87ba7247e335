/* SPDX-License-Identifier: Apache-2.0 */
/* Reads how a PostgreSQL store is reached. */
#include "server/store_options.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PASSWORD_SIZE_MAX 1024

/* One line; the newline that editors put behind it is not part of it. */
static outcome read_password(const char *file, struct arena *arena,
			     const char **password_out, struct buf *why)
{
	char *bytes = arena_alloc(arena, PASSWORD_SIZE_MAX + 1);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, bytes, PASSWORD_SIZE_MAX + 1);
	int code = errno;

	if (fd >= 0)
		close(fd);
	if (size > 0 && bytes[size - 1] == '\n')
		bytes[--size] = '\0';
	if (size > 0 && size <= PASSWORD_SIZE_MAX &&
	    !text_has_control(text_of(bytes, (size_t)size))) {
		*password_out = bytes;
		return DONE;
	}
	buf_format(why,
		   "%s: the store's password is one line of 1 to %d characters "
		   "(%s)\n",
		   file, PASSWORD_SIZE_MAX,
		   size < 0 ? strerror(code) : "it is not");
	return REFUSED;
}

struct postgres_options store_options_of_dsn(const char *dsn)
{
	return (struct postgres_options){
		.dsn = dsn,
		.connection_count = POSTGRES_CONNECTIONS,
		.prepares = true,
		.timeout_ms = POSTGRES_TIMEOUT_MS,
	};
}

static struct postgres_options of_all(const struct config *config)
{
	return (struct postgres_options){
		.connection_count = (unsigned int)config_integer(
			config, "store.postgres.connections"),
		.prepares = config_boolean(config, "store.postgres.prepares"),
		.timeout_ms =
			config_integer(config, "store.postgres.timeout") * 1000,
	};
}

outcome store_options_read(const struct config *config, struct arena *arena,
			   struct postgres_options *options_out,
			   struct buf *why)
{
	const char *file =
		config_string(config, "store.postgres.password_file");

	*options_out = of_all(config);
	options_out->dsn = config_string(config, "store.postgres.dsn");
	if (file == NULL)
		return DONE;
	return read_password(file, arena, &options_out->password, why);
}

outcome store_options_read_shard(const struct config *config, size_t index,
				 struct arena *arena,
				 struct postgres_options *options_out,
				 struct buf *why)
{
	const char *file = config_item_string(
		config, "store.shards[].postgres.password_file", index);

	*options_out = of_all(config);
	options_out->leaves_clock = true;
	options_out->dsn = config_item_string(
		config, "store.shards[].postgres.dsn", index);
	if (file == NULL)
		return DONE;
	return read_password(file, arena, &options_out->password, why);
}

outcome store_options_read_next(const struct config *config,
				struct arena *arena,
				struct postgres_options *options_out,
				struct buf *why)
{
	const char *file =
		config_string(config, "store.next.postgres.password_file");

	TRY(store_options_read(config, arena, options_out, why));
	options_out->dsn = config_string(config, "store.next.postgres.dsn");
	options_out->password = NULL;
	if (file == NULL)
		return DONE;
	return read_password(file, arena, &options_out->password, why);
}
