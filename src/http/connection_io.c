/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's bytes, plain or under TLS. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "http/connection.h"

static struct io io_failed(uint32_t wants)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return (struct io){.state = IO_AGAIN, .wants = wants};
	return (struct io){.state = IO_BROKEN};
}

static struct io read_plain(int fd, char *at, size_t size)
{
	ssize_t got = recv(fd, at, size, 0);

	if (got < 0)
		return io_failed(EPOLLIN);
	return (struct io){.state = got > 0 ? IO_DONE : IO_ENDED,
			   .size = (size_t)got};
}

static struct io write_plain(int fd, struct text bytes)
{
	ssize_t sent = send(fd, bytes.at, bytes.size, MSG_NOSIGNAL);

	if (sent < 0)
		return io_failed(EPOLLOUT);
	return (struct io){.state = IO_DONE, .size = (size_t)sent};
}

struct io connection_read(struct connection *connection, char *at, size_t size)
{
	if (connection->tls != NULL)
		return http_tls_read(connection->tls, at, size);
	return read_plain(connection->watch.fd, at, size);
}

struct io connection_write(struct connection *connection, struct text bytes)
{
	if (connection->tls != NULL)
		return http_tls_write(connection->tls, bytes);
	return write_plain(connection->watch.fd, bytes);
}

struct io connection_read_raw(struct connection *connection, char *at,
			      size_t size)
{
	return read_plain(connection->watch.fd, at, size);
}
