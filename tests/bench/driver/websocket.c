#include "websocket.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The key and its answer are the example of RFC 6455, section 1.3: nobody has to compute SHA-1 here. */
static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char accept_value[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static const unsigned char mask[4] = {0x9c, 0x41, 0x2e, 0xd7};

size_t upgrade_request(char *out, size_t room, const char *path, int port) {
    int length = snprintf(out, room,
                          "GET %s HTTP/1.1\r\n"
                          "Host: 127.0.0.1:%d\r\n"
                          "Origin: http://127.0.0.1:%d\r\n"
                          "User-Agent: rumbl-bench\r\n"
                          "Connection: Upgrade\r\n"
                          "Upgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: %s\r\n\r\n",
                          path, port, port, key);
    return length > 0 && (size_t)length < room ? (size_t)length : 0;
}

size_t upgrade_answer(const char *text, size_t length, bool *accepted) {
    const char *end = memmem(text, length, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t size = (size_t)(end - text) + 4;
    *accepted = size > 12 && !memcmp(text + 9, "101", 3)
             && memmem(text, size, accept_value, sizeof accept_value - 1);
    return size;
}

size_t write_frame(char *out, int opcode, const char *data, size_t length) {
    unsigned char *head = (unsigned char *)out;
    size_t at = 0;
    head[at++] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        head[at++] = (unsigned char)(0x80 | length);
    } else if (length < 65536) {
        head[at++] = 0x80 | 126;
        head[at++] = (unsigned char)(length >> 8);
        head[at++] = (unsigned char)length;
    } else {
        head[at++] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8) head[at++] = (unsigned char)((uint64_t)length >> shift);
    }
    memcpy(out + at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < length; i++) out[at + i] = (char)(data[i] ^ mask[i & 3]);
    return at + length;
}

static uint64_t big_endian(const unsigned char *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

bool read_frame(const char *text, size_t length, frame *out) {
    const unsigned char *bytes = (const unsigned char *)text;
    if (length < 2) return false;
    size_t head = 2;
    uint64_t payload = bytes[1] & 0x7f;
    if (payload >= 126) {
        int width = payload == 126 ? 2 : 8;
        head += (size_t)width;
        if (length < head) return false;
        payload = big_endian(bytes + 2, width);
    }
    if (length - head < payload) return false;
    *out = (frame){bytes[0] & 0x0f, bytes[0] & 0x80, text + head, payload, head + payload};
    return true;
}
