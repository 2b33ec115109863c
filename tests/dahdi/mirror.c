/* Sends back what is heard on B channels of a DAHDI span: the far end of a loop-back check.
 *
 * usage: mirror FIRST COUNT D       COUNT channels from FIRST on, but for D; ends with SIGTERM */
#include <dahdi/user.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK 160
#define BUFFERS 12
#define CUSHION 6 /* blocks: so late may we come */

static int channel_open(int number)
{
    int fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK), off = 0;
    struct dahdi_bufferinfo info = {
        .txbufpolicy = DAHDI_POLICY_IMMEDIATE, .numbufs = BUFFERS, .bufsize = BLOCK};
    char idle[BLOCK];

    if (fd < 0 || ioctl(fd, DAHDI_SPECIFY, &number) || ioctl(fd, DAHDI_AUDIOMODE, &off) ||
        ioctl(fd, DAHDI_SET_BUFINFO, &info)) {
        fprintf(stderr, "mirror: channel %d: %s\n", number, strerror(errno));
        exit(1);
    }
    memset(idle, 0xd5, sizeof idle);
    for (int i = 0; i < CUSHION; i++)
        if (write(fd, idle, sizeof idle) != sizeof idle)
            fprintf(stderr, "mirror: channel %d: %s\n", number, strerror(errno));
    return fd;
}

static void channel_turn(int fd)
{
    char block[BLOCK];
    ssize_t size;
    int event;

    while ((size = read(fd, block, sizeof block)) > 0 || (size < 0 && errno == ELAST)) {
        if (size < 0)
            (void)ioctl(fd, DAHDI_GETEVENT, &event);
        else if (write(fd, block, (size_t)size) != size)
            fprintf(stderr, "mirror: a block is lost: %s\n", strerror(errno));
    }
}

int main(int argc, char **argv)
{
    struct sched_param first = {.sched_priority = 1};
    struct pollfd polls[31];
    nfds_t count = 0;

    if (argc != 4) {
        fprintf(stderr, "usage: mirror FIRST COUNT D\n");
        return 2;
    }
    for (int i = 0; i < atoi(argv[2]) && i < 31; i++)
        if (atoi(argv[1]) + i != atoi(argv[3]))
            polls[count++] =
                (struct pollfd){.fd = channel_open(atoi(argv[1]) + i), .events = POLLIN | POLLPRI};
    (void)sched_setscheduler(0, SCHED_RR, &first);
    fprintf(stderr, "mirror: listening\n");
    for (;;) {
        if (poll(polls, count, -1) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++)
            if (polls[i].revents)
                channel_turn(polls[i].fd);
    }
}
