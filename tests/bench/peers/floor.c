/* The floor: the least that a server can do for `driver`, one epoll loop in C, to see what the machine allows.

   Speaks just enough of WebSocket and Phoenix V2 for the driver: it answers every upgrade with the accept value
   of the driver's one key, a new_annotation with the same text for everybody, anything else with an ok reply.
   usage: floor PORT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

enum { MOST = 65536, BUFFER = 1 << 17, EVENTS = 256 };

static int clients[MOST], client_count, poller;
static bool upgraded[MOST];
static char input[BUFFER], text[BUFFER], output[BUFFER + 16];

static const char welcome[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static size_t framed(const char *data, size_t length) {
    size_t head = length < 126 ? 2 : 4;
    output[0] = (char)0x81;
    output[1] = (char)(length < 126 ? length : 126);
    if (length >= 126) {
        output[2] = (char)(length >> 8);
        output[3] = (char)length;
    }
    memcpy(output + head, data, length);
    return head + length;
}

static void forget(int fd) {
    for (int i = 0; i < client_count; i++)
        if (clients[i] == fd) clients[i] = clients[--client_count];
    upgraded[fd] = false;
    close(fd);
}

static void put(int fd, const char *data, size_t length) {
    if (send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) perror("floor: send");
}

/* `message` is ["1","<ref>","<topic>","<event>",...]: field i starts behind the i-th comma. */
static const char *field(const char *message, int index) {
    while (index-- && (message = strchr(message, ','))) message++;
    return message ? message : "";
}

static void answer(int fd, const char *message) {
    const char *join_ref = message + 1, *ref = field(message, 1), *topic = field(message, 2);
    const char *event = field(message, 3), *payload = field(message, 4);
    char reply[512];
    if (!strncmp(event, "\"new_annotation\"", 16)) {
        snprintf(reply, sizeof reply, "[null,null,%.*s%.*s", (int)(event - topic), topic, (int)(payload - event), event);
        size_t head = strlen(reply), rest = strlen(payload);
        memmove(text + head, payload, rest);
        memcpy(text, reply, head);
        size_t size = framed(text, head + rest);
        for (int i = 0; i < client_count; i++) put(clients[i], output, size);
        return;
    }
    int length = snprintf(reply, sizeof reply, "[%.*s%.*s%.*s\"phx_reply\",{\"response\":{},\"status\":\"ok\"}]",
                          (int)(ref - join_ref), join_ref, (int)(topic - ref), ref, (int)(event - topic), topic);
    put(fd, output, framed(reply, (size_t)length));
}

/* Whole masked frames of up to 65535 bytes, as the driver sends them. */
static void take_frames(int fd, const unsigned char *in, size_t length) {
    while (length > 6) {
        size_t size = in[1] & 0x7f, head = 2;
        if (size == 126) {
            size = (size_t)(in[2] << 8 | in[3]);
            head = 4;
        }
        if (length < head + 4 + size) return;
        for (size_t i = 0; i < size; i++) text[i] = (char)(in[head + 4 + i] ^ in[head + (i & 3)]);
        text[size] = 0;
        answer(fd, text);
        in += head + 4 + size;
        length -= head + 4 + size;
    }
}

static void serve(int fd) {
    ssize_t got = recv(fd, input, sizeof input, MSG_DONTWAIT);
    if (got <= 0) {
        forget(fd);
    } else if (upgraded[fd]) {
        take_frames(fd, (unsigned char *)input, (size_t)got);
    } else {
        upgraded[fd] = true;
        clients[client_count++] = fd;
        put(fd, welcome, sizeof welcome - 1);
    }
}

static void greet(int listener) {
    int fd = accept(listener, NULL, NULL), on = 1;
    if (fd < 0 || fd >= MOST) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

static int listen_on(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) || listen(fd, 4096)) {
        perror("floor");
        exit(2);
    }
    return fd;
}

int main(int argc, char **argv) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int listener = listen_on((uint16_t)(argc > 1 ? atoi(argv[1]) : 4000));
    poller = epoll_create1(0);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.fd == listener) greet(listener);
            else serve(events[i].data.fd);
    }
}
