/* Writes what two passive monitor spans hear of a D channel, one for each direction, as a LAPD capture: the judge of
 * both sides of a line under the DAHDI driver. It shares nothing with src.
 *
 * usage: sniff FILE CHANNEL-FROM-US CHANNEL-FROM-THEM [user]     (channels as in system.conf; user: we are the user side)
 *
 * Each frame is one packet of link type 177 (LINUX_LAPD, without FCS), stamped when the driver had it whole. Ends with
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

static int channel_open(const char *text)
{
    int number = atoi(text), fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);
    struct dahdi_bufferinfo info = {
        .txbufpolicy = DAHDI_POLICY_IMMEDIATE, .numbufs = 32, .bufsize = 1024};

    if (fd < 0 || ioctl(fd, DAHDI_SPECIFY, &number) || ioctl(fd, DAHDI_SET_BUFINFO, &info))
        die(text);
    return fd;
}

static void put32(FILE *out, uint32_t value)
{
    fwrite(&value, sizeof value, 1, out); /* in our own order, as the magic number tells */
}

static void file_begin(FILE *out)
{
    put32(out, 0xa1b2c3d4);
    put32(out, 2 | 4 << 16); /* version 2.4 */
    put32(out, 0);
    put32(out, 0);
    put32(out, 65535);
    put32(out, 177);
}

/* The cooked header: packet type (4: sent, 0: received), ARPHRD_LAPD-like type, length of the address, which is 1 on
 * the network side, protocol 0x0030. */
static void frame_put(FILE *out, const uint8_t *frame, uint32_t length, int from_us, int user)
{
    const uint8_t header[16] = {
        [1] = from_us ? 4 : 0, [2] = 0x20, [3] = 0xfd, [5] = 2, [6] = user ? 0 : 1, [15] = 0x30};
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    put32(out, (uint32_t)now.tv_sec);
    put32(out, (uint32_t)(now.tv_nsec / 1000));
    put32(out, 16 + length);
    put32(out, 16 + length);
    fwrite(header, sizeof header, 1, out);
    fwrite(frame, length, 1, out);
    fflush(out);
}

static void channel_read(FILE *out, int fd, int from_us, int user)
{
    uint8_t frame[1024];
    ssize_t size;
    int event;

    for (;;) {
        size = read(fd, frame, sizeof frame);
        if (size > 2)
            frame_put(out, frame, (uint32_t)size - 2, from_us, user);
        else if (size < 0 && errno == ELAST)
            (void)ioctl(fd, DAHDI_GETEVENT, &event);
        else
            return;
    }
}

int main(int argc, char **argv)
{
    struct sched_param first = {.sched_priority = 2};
    struct pollfd polls[2];
    FILE *out;
    int user;

    if (argc < 4) {
        fprintf(stderr, "usage: sniff FILE CHANNEL-FROM-US CHANNEL-FROM-THEM [user]\n");
        return 2;
    }
    user = argc > 4;
    out = fopen(argv[1], "wb");
    if (!out)
        die(argv[1]);
    file_begin(out);
    fflush(out);
    polls[0] = (struct pollfd){.fd = channel_open(argv[2]), .events = POLLIN | POLLPRI};
    polls[1] = (struct pollfd){.fd = channel_open(argv[3]), .events = POLLIN | POLLPRI};
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    (void)sched_setscheduler(0, SCHED_RR, &first);
    fprintf(stderr, "sniff: listening\n");
    while (!done) {
        if (poll(polls, 2, 200) <= 0)
            continue;
        channel_read(out, polls[0].fd, 1, user);
        channel_read(out, polls[1].fd, 0, user);
    }
    return fclose(out) ? 1 : 0;
}
