/* Listening sockets. */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* Opens one address. Returns -1 with errno set. */
static int
listen_on(const struct addrinfo *a)
{
	int on = 1, error;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
http_listen(const char *host, int port, char *why, size_t why_size)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL, *a;
	bool brackets = strchr(host, ':') != NULL;
	const char *reason;
	char service[16];
	int fd = -1, error;

	snprintf(service, sizeof(service), "%d", port);
	error = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, &list);
	reason = error != 0 ? gai_strerror(error) : "";
	for (a = error == 0 ? list : NULL; a != NULL && fd < 0; a = a->ai_next) {
		fd = listen_on(a);
		if (fd < 0)
			reason = strerror(errno);
	}
	if (list != NULL)
		freeaddrinfo(list);
	if (fd < 0)
		snprintf(why, why_size, "cannot listen on %s%s%s:%d: %s", brackets ? "[" : "", host,
		    brackets ? "]" : "", port, reason);
	return fd;
}

int
http_listen_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (getsockname(fd, &a.any, &len) != 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}
