#include "fleet.h"

#include "measure.h"
#include "options.h"
#include "socketio.h"
#include "websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { INBOX = 4 << 20, EVENTS = 1024, KEEP_ALIVE_S = 20, KEEP_ALIVE_BATCH = 64, COMPLAINTS = 3 };
enum { FEW_EVENTS = 32 }; /* read between two looks at the preferred clients */

fleet_state fleet;
volatile sig_atomic_t stopping;

static int poller, front; /* the preferred clients have a poller of their own in front of the other */
static bool preferring;
static char inbox[INBOX + 1];

static void on_signal(int number) {
    (void)number;
    stopping = 1;
}

static void raise_file_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if ((rlim_t)opt.clients + 16 > limit.rlim_cur)
        die("%d clients need more open files than the hard limit of %lu", opt.clients,
            (unsigned long)limit.rlim_cur);
}

void fleet_prepare(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    raise_file_limit();
    fleet.clients = calloc((size_t)opt.clients, sizeof *fleet.clients);
    poller = epoll_create1(EPOLL_CLOEXEC);
    front = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poller, EPOLL_CTL_ADD, front, &(struct epoll_event){.events = EPOLLIN});
    if (!fleet.clients || poller < 0 || front < 0) die("cannot prepare %d clients: %s", opt.clients, strerror(errno));
}

static void watch(client *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    epoll_ctl(poller, operation, c->fd, &event);
}

void fleet_close(client *c) {
    if (c->state == CLOSED || c->state == UNUSED) return;
    if (c->state == JOINED) {
        fleet.joined--;
        fleet.lost++;
    } else {
        fleet.opening--;
        fleet.refused++;
    }
    close(c->fd);
    free(c->rest);
    c->rest = NULL;
    c->rest_length = 0;
    c->fd = -1;
    c->state = CLOSED;
}

void fleet_cut(client *c) {
    struct linger reset = {.l_onoff = 1};
    if (c->state != JOINED) return;
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    fleet_close(c);
    fleet.lost--;
}

void fleet_prefer(client *c) {
    epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
    epoll_ctl(front, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
    preferring = true;
}

static void complain(client *c, const char *what, const char *text, size_t length) {
    static int said;
    if (said++ < COMPLAINTS)
        fprintf(stderr, "driver: client %ld: %s: %.*s\n", (long)(c - fleet.clients), what,
                (int)(length < 300 ? length : 300), text);
}

/* ---- writing ---- */

static void write_all(client *c, const char *data, size_t length) {
    uint64_t deadline = now_ns() + (uint64_t)(opt.patience_s * 1e9);
    while (length) {
        ssize_t written = send(c->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN && now_ns() < deadline && !stopping) {
            poll(&(struct pollfd){.fd = c->fd, .events = POLLOUT}, 1, 100);
        } else if (errno != EINTR) {
            complain(c, "cannot write", strerror(errno), strlen(strerror(errno)));
            fleet_close(c);
            return;
        }
    }
}

static void send_frame(client *c, int opcode, const char *data, size_t length) {
    static char out[MESSAGE_MAX + FRAME_HEAD_MAX];
    if (c->state == CLOSED || length > MESSAGE_MAX) return;
    write_all(c, out, write_frame(out, opcode, data, length));
}

void fleet_send(client *c, const char *text, size_t length) {
    c->written_ns = now_ns();
    send_frame(c, OP_TEXT, text, length);
}

/* ---- opening ---- */

/* Every run has its own source address, or many runs would use up the local ports of one. */
static struct sockaddr_in source_address(void) {
    uint32_t run = (uint32_t)getpid();
    uint32_t host = 0x7f010001u | (run % 250) << 8 | (run / 250 % 250) << 16;
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
}

static int loopback_socket(bool stalled) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, small = 4096;
    struct sockaddr_in source = source_address();
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (stalled) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (bind(fd, (struct sockaddr *)&source, sizeof source)) die("bind: %s", strerror(errno));
    return fd;
}

static void open_client(int index) {
    client *c = &fleet.clients[index];
    c->stalled = index >= opt.clients - opt.stalled;
    c->fd = loopback_socket(c->stalled);
    c->state = CONNECTING;
    c->asked_ns = now_ns();
    fleet.opening++;
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)opt.port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(c->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
        complain(c, "cannot connect", strerror(errno), strlen(strerror(errno)));
        fleet_close(c);
        return;
    }
    watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

void fleet_reopen(client *c) {
    if (c->state == CLOSED) open_client((int)(c - fleet.clients));
}

void fleet_open_more(void) {
    while (fleet.opened < opt.clients && fleet.opening < opt.opening) open_client(fleet.opened++);
}

static void connected(client *c) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        complain(c, "cannot connect", strerror(error), strlen(strerror(error)));
        fleet_close(c);
        return;
    }
    char request[4096];
    const char *path = opt.paths[(c - fleet.clients) % opt.path_count];
    size_t length = upgrade_request(request, sizeof request, path, opt.port);
    if (!length) die("the path is too long: %s", path);
    c->state = UPGRADING;
    watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLET); /* an edge costs less than a level */
    write_all(c, request, length);
}

static void joined(client *c, uint64_t now) {
    c->state = JOINED;
    fleet.opening--;
    fleet.joined++;
    if (fleet.on_joined) fleet.on_joined(c, now);
}

static void join(client *c) {
    char text[MESSAGE_MAX];
    c->last_ref = 1;
    fleet_send(c, text, write_join(text, 1));
}

static void upgraded(client *c, uint64_t now) {
    if (opt.protocol == RAW) {
        joined(c, now);
        return;
    }
    c->state = JOINING;
    if (opt.protocol == PHOENIX) join(c); /* Socket.IO's server speaks first */
}

/* ---- reading ---- */

static void hand_on(client *c, const incoming *message, uint64_t now) {
    bool broadcast = message->kind == BROADCAST, reply = message->kind == REPLY_OK || message->kind == REPLY_ERROR;
    if (broadcast && fleet.on_broadcast) fleet.on_broadcast(c, message, now);
    else if (reply && fleet.on_reply) fleet.on_reply(c, message, now);
    else fleet.others++;
}

/* What Socket.IO asks for before and besides the conversation. */
static bool courtesy(client *c, kind asked) {
    if (asked == GREETING) fleet_send(c, socketio_enter, strlen(socketio_enter));
    else if (asked == ENTERED) join(c);
    else if (asked == PING) fleet_send(c, socketio_pong, strlen(socketio_pong));
    else return false;
    return true;
}

static void heard_text(client *c, const char *text, size_t length, uint64_t now) {
    incoming message = read_message(text, length);
    if (courtesy(c, message.kind)) return;
    if (message.kind == REPLY_ERROR) {
        fleet.errors++;
        complain(c, "refused", text, length);
    }
    if (c->state == JOINED) {
        hand_on(c, &message, now);
    } else if (message.kind == REPLY_OK) {
        joined(c, now);
    } else if (message.kind == REPLY_ERROR) {
        fleet_close(c);
    }
}

static void heard_frame(client *c, const frame *f, uint64_t now) {
    if (f->opcode == OP_TEXT && f->final) {
        heard_text(c, f->data, f->length, now);
    } else if (f->opcode == OP_PING) {
        send_frame(c, OP_PONG, f->data, f->length);
    } else if (f->opcode == OP_CLOSE) {
        size_t code = f->length < 2 ? f->length : 2; /* the reason stands behind two bytes of close code */
        complain(c, "closed by the server", f->data + code, f->length - code);
        fleet_close(c);
    } else if (f->opcode != OP_PONG) {
        die("a frame that no server here should send: opcode %d", f->opcode);
    }
}

/* Takes what is whole out of `length` bytes; returns how many bytes it took. */
static size_t take(client *c, const char *text, size_t length, uint64_t now) {
    size_t at = 0;
    if (c->state == UPGRADING) {
        bool accepted = false;
        at = upgrade_answer(text, length, &accepted);
        if (!at) return 0;
        if (!accepted) {
            complain(c, "upgrade refused", text, length);
            fleet_close(c);
            return 0;
        }
        upgraded(c, now);
    }
    frame f;
    while (c->state != CLOSED && read_frame(text + at, length - at, &f)) {
        at += f.size;
        heard_frame(c, &f, now);
    }
    return at;
}

static void keep_rest(client *c, const char *text, size_t length) {
    free(c->rest);
    c->rest = NULL;
    c->rest_length = length;
    if (!length) return;
    c->rest = malloc(length);
    if (!c->rest) die("out of memory");
    memcpy(c->rest, text, length);
}

static void read_client(client *c) {
    size_t held = c->rest_length;
    if (held == INBOX) die("a message is longer than %d bytes", INBOX);
    if (held) memcpy(inbox, c->rest, held);
    ssize_t got = recv(c->fd, inbox + held, INBOX - held, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        complain(c, "connection ended", "", 0);
        fleet_close(c);
        return;
    }
    size_t length = held + (size_t)got;
    size_t taken = take(c, inbox, length, now_ns());
    if (c->state != CLOSED && (held || taken < length)) keep_rest(c, inbox + taken, length - taken);
    if (c->state != CLOSED && length == INBOX) read_client(c); /* there may be more, and no other event for it */
}

/* A server may close a client that is silent for a minute; a few get their heartbeat in every turn. */
static void keep_alive(void) {
    static int cursor;
    const uint64_t keep_ns = KEEP_ALIVE_S * 1000000000ull;
    char text[256];
    uint64_t now = now_ns();
    for (int i = 0; opt.protocol == PHOENIX && i < KEEP_ALIVE_BATCH && i < fleet.opened; i++) {
        client *c = &fleet.clients[cursor++ % fleet.opened];
        if (c->state != JOINED || c->stalled || c->playing || now - c->written_ns < keep_ns) continue;
        fleet_send(c, text, write_heartbeat(text, ++c->last_ref));
    }
    cursor %= opt.clients;
}

static void serve(int of, int most, int wait_ms) {
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(of, events, most, wait_ms);
    for (int i = 0; i < count; i++) {
        client *c = events[i].data.ptr;
        if (!c) continue; /* the front poller itself */
        if (c->state == CONNECTING) connected(c);
        else if (c->state != CLOSED) read_client(c);
    }
}

void fleet_turn(int wait_ms) {
    serve(poller, preferring ? FEW_EVENTS : EVENTS, wait_ms);
    if (preferring) serve(front, EVENTS, 0);
    keep_alive();
}

void fleet_stall(void) {
    for (int i = 0; i < fleet.opened; i++) {
        client *c = &fleet.clients[i];
        if (c->stalled && c->state == JOINED) epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
    }
}
