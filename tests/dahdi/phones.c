/* The RTP halves of many phones: each sends its own octets in 20 ms packets to whoever sent to it
 * first, and keeps what it hears.
 *
 * usage: phones ADDRESS PORT COUNT PAYLOAD-TYPE SAY HEARD      ports PORT, PORT + 2 ...; files SAY1
 * ..., HEARD1 ...
 *
 * At SIGTERM it writes the files and says of each stream that had a gap where it was. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PHONES_MAX 31
#define OCTETS_MAX (8000 * 150)
#define PACKET 160
#define HEAD 12

typedef struct Phone {
    struct sockaddr_in far;
    int fd, gaps;
    uint8_t *say, *heard;
    size_t said, to_say, hears;
    uint16_t sequence, due_sequence;
    uint32_t due_stamp;
} Phone;

static volatile sig_atomic_t done;
static Phone phones[PHONES_MAX];

static void stop(int signal)
{
    (void)signal;
    done = 1;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void phone_open(Phone *phone, const char *address, int port, const char *say)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    FILE *file = fopen(say, "rb");

    phone->say = malloc(OCTETS_MAX);
    phone->heard = malloc(OCTETS_MAX);
    if (!file || !phone->say || !phone->heard)
        die(say);
    memset(phone->heard, 0, OCTETS_MAX);
    phone->to_say = fread(phone->say, 1, OCTETS_MAX, file);
    fclose(file);
    phone->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (inet_pton(AF_INET, address, &here.sin_addr) != 1 ||
        bind(phone->fd, (struct sockaddr *)&here, sizeof here))
        die(address);
}

static void phone_hear(Phone *phone)
{
    uint8_t packet[1500];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t size;

    while ((size = recvfrom(phone->fd, packet, sizeof packet, 0, (struct sockaddr *)&from,
                            &length)) > HEAD) {
        uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
        uint32_t stamp = (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 |
                         (uint32_t)packet[6] << 8 | packet[7];
        size_t count = (size_t)size - HEAD;

        if (phone->hears && (sequence != phone->due_sequence || stamp != phone->due_stamp))
            phone->gaps++;
        phone->far = from;
        phone->due_sequence = (uint16_t)(sequence + 1);
        phone->due_stamp = stamp + (uint32_t)count;
        if (phone->hears + count <= OCTETS_MAX) {
            memcpy(phone->heard + phone->hears, packet + HEAD, count);
            phone->hears += count;
        }
    }
}

static void phone_say(Phone *phone, uint8_t payload_type)
{
    uint8_t packet[HEAD + PACKET] = {0x80, payload_type};
    uint32_t stamp = (uint32_t)phone->said;

    if (!phone->far.sin_port || phone->said + PACKET > phone->to_say)
        return;
    packet[2] = (uint8_t)(phone->sequence >> 8);
    packet[3] = (uint8_t)phone->sequence++;
    for (int i = 0; i < 4; i++)
        packet[4 + i] = (uint8_t)(stamp >> (24 - 8 * i));
    packet[11] = (uint8_t)(phone - phones + 1); /* SSRC */
    memcpy(packet + HEAD, phone->say + phone->said, PACKET);
    (void)sendto(phone->fd, packet, sizeof packet, 0, (struct sockaddr *)&phone->far,
                 sizeof phone->far);
    phone->said += PACKET;
}

static int phone_close(const Phone *phone, const char *heard, int number)
{
    FILE *file = fopen(heard, "wb");

    if (!file || fwrite(phone->heard, 1, phone->hears, file) != phone->hears || fclose(file))
        die(heard);
    if (phone->gaps)
        printf("phone %d: %d gaps\n", number, phone->gaps);
    return phone->gaps > 0;
}

int main(int argc, char **argv)
{
    struct sched_param first = {.sched_priority = 1};
    struct itimerspec every = {{0, 20000000}, {0, 20000000}};
    struct pollfd polls[PHONES_MAX + 1];
    int count, clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), status = 0;
    char path[512];

    if (argc != 7 || (count = atoi(argv[3])) < 1 || count > PHONES_MAX) {
        fprintf(stderr, "usage: phones ADDRESS PORT COUNT PAYLOAD-TYPE SAY HEARD\n");
        return 2;
    }
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%d", argv[5], i + 1);
        phone_open(&phones[i], argv[1], atoi(argv[2]) + 2 * i, path);
        polls[i] = (struct pollfd){.fd = phones[i].fd, .events = POLLIN};
    }
    polls[count] = (struct pollfd){.fd = clock, .events = POLLIN};
    signal(SIGTERM, stop);
    (void)sched_setscheduler(0, SCHED_RR, &first);
    (void)timerfd_settime(clock, 0, &every, NULL);
    printf("phones: listening\n");
    fflush(stdout);
    while (!done) {
        uint64_t ticks = 0;

        if (poll(polls, (nfds_t)count + 1, 200) <= 0)
            continue;
        for (int i = 0; i < count; i++)
            if (polls[i].revents)
                phone_hear(&phones[i]);
        if (read(clock, &ticks, sizeof ticks) != sizeof ticks)
            continue;
        for (; ticks > 0; ticks--)
            for (int i = 0; i < count; i++)
                phone_say(&phones[i], (uint8_t)atoi(argv[4]));
    }
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%d", argv[6], i + 1);
        status |= phone_close(&phones[i], path, i + 1);
    }
    return status;
}
