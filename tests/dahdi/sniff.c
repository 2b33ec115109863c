/* Writes what two passive monitor spans hear of a line, one for each direction, as captures: the
 * judge of both its sides under the DAHDI driver. It shares nothing with src.
 *
 * usage: sniff FILE CHANNEL-FROM-US CHANNEL-FROM-THEM user|network [FILE FIRST COUNT D] (channels
 * as in system.conf)
 *
 * Each frame of the D channels is one packet of link type 177 (LINUX_LAPD, without FCS), stamped
 * when it was read; user or network is our side. The second file gets what we say on the COUNT
 * channels from FIRST on, but for D: packets of link type 147, a timeslot and its octets. Ends with
 * SIGINT or SIGTERM. */
#include <dahdi/user.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t done;

static void stop(int signal)
{
    (void)signal;
    done = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "sniff: %s: %s\n", what, strerror(errno));
    exit(1);
}

#define BLOCK 160 /* octets of a B channel */
#define BLOCKS 32 /* so late may we come: 640 ms */
#define SLOTS 31

static int channel_open(int number, int buffers, int size)
{
    int fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);
    struct dahdi_bufferinfo info = {
        .txbufpolicy = DAHDI_POLICY_IMMEDIATE, .numbufs = buffers, .bufsize = size};

    if (fd < 0 || ioctl(fd, DAHDI_SPECIFY, &number) || ioctl(fd, DAHDI_SET_BUFINFO, &info)) {
        fprintf(stderr, "sniff: channel %d: %s\n", number, strerror(errno));
        exit(1);
    }
    return fd;
}

static void put32(FILE *out, uint32_t value)
{
    fwrite(&value, sizeof value, 1, out); /* in our own order, as the magic number tells */
}

static FILE *file_begin(const char *path, uint32_t link)
{
    FILE *out = fopen(path, "wb");

    if (!out)
        die(path);
    put32(out, 0xa1b2c3d4);
    put32(out, 2 | 4 << 16); /* version 2.4 */
    put32(out, 0);
    put32(out, 0);
    put32(out, 65535);
    put32(out, link);
    fflush(out);
    return out;
}

static void packet_put(FILE *out, const void *header, uint32_t head, const void *data,
                       uint32_t size)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    put32(out, (uint32_t)now.tv_sec);
    put32(out, (uint32_t)(now.tv_nsec / 1000));
    put32(out, head + size);
    put32(out, head + size);
    fwrite(header, head, 1, out);
    fwrite(data, size, 1, out);
}

/* The cooked header: packet type (4: sent, 0: received), ARPHRD_LAPD-like type, length of the
 * address, which is 1 on the network side, protocol 0x0030. */
static void frame_put(FILE *out, const uint8_t *frame, uint32_t length, int from_us, int user)
{
    const uint8_t header[16] = {
        [1] = from_us ? 4 : 0, [2] = 0x20, [3] = 0xfd, [5] = 2, [6] = user ? 0 : 1, [15] = 0x30};

    packet_put(out, header, sizeof header, frame, length);
    fflush(out);
}

static void take_events(int fd)
{
    int event = DAHDI_EVENT_NONE;

    while (ioctl(fd, DAHDI_GETEVENT, &event) == 0 && event != DAHDI_EVENT_NONE)
        if (event == DAHDI_EVENT_BADFCS || event == DAHDI_EVENT_OVERRUN)
            fprintf(stderr, "sniff: %s\n",
                    event == DAHDI_EVENT_BADFCS ? "bad FCS" : "overlong frame");
}

static void d_read(FILE *out, int fd, int from_us, int user)
{
    uint8_t frame[1024];
    ssize_t size;

    while ((size = read(fd, frame, sizeof frame)) > 2 || (size < 0 && errno == ELAST)) {
        if (size > 2)
            frame_put(out, frame, (uint32_t)size - 2, from_us, user);
        else
            take_events(fd);
    }
}

static void b_read(FILE *out, int fd, uint8_t slot)
{
    uint8_t block[BLOCK];
    ssize_t size;

    while ((size = read(fd, block, sizeof block)) > 0 || (size < 0 && errno == ELAST)) {
        if (size > 0)
            packet_put(out, &slot, 1, block, (uint32_t)size);
        else
            take_events(fd);
    }
}

int main(int argc, char **argv)
{
    struct sched_param first = {.sched_priority = 2};
    struct pollfd polls[2 + SLOTS];
    uint8_t slots[2 + SLOTS] = {0};
    nfds_t count = 2;
    FILE *frames, *octets = NULL;
    int user;

    if (argc != 5 && argc != 9) {
        fprintf(stderr, "usage: sniff FILE CHANNEL-FROM-US CHANNEL-FROM-THEM user|network [FILE "
                        "FIRST COUNT D]\n");
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    user = strcmp(argv[4], "user") == 0;
    frames = file_begin(argv[1], 177);
    for (int i = 0; i < 2; i++)
        polls[i].fd = channel_open(atoi(argv[2 + i]), 32, 1024);
    if (argc == 9) {
        octets = file_begin(argv[5], 147);
        for (int slot = 1; slot <= atoi(argv[7]) && slot <= SLOTS; slot++)
            if (slot != atoi(argv[8])) {
                slots[count] = (uint8_t)slot;
                polls[count++].fd = channel_open(atoi(argv[6]) + slot - 1, BLOCKS, BLOCK);
            }
    }
    for (nfds_t i = 0; i < count; i++)
        polls[i].events = POLLIN | POLLPRI;
    (void)sched_setscheduler(0, SCHED_RR, &first);
    fprintf(stderr, "sniff: listening\n");
    while (!done) {
        if (poll(polls, count, 200) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++) {
            if (polls[i].revents & POLLPRI)
                take_events(polls[i].fd);
            if (i < 2)
                d_read(frames, polls[i].fd, i == 0, user);
            else if (polls[i].revents & POLLIN)
                b_read(octets, polls[i].fd, slots[i]);
        }
    }
    return fclose(frames) || (octets && fclose(octets)) ? 1 : 0;
}
